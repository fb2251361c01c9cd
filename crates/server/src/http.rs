//! The HTTP server of a service: its limits, its start and its stop.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream as Connection;
use actix_web::{App, HttpServer, web};
use clap::{ArgAction, Args};
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio_util::sync::CancellationToken;

use crate::auth::{AuthSettings, Door, enter};
use crate::cors::CorsOrigins;
use crate::error::no_route;
use crate::observe::{Observer, observe};
use crate::settings::{Wait, checked};

/// An idle connection is kept longer than our clients keep theirs (60 s), so that it is
/// never the server that closes a connection in use.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How long the listener is closed but connections live on once a stop was asked for.
/// A client's next request within this time is answered, with `Connection: close`,
/// instead of meeting a closed socket.
const LAST_REQUESTS: Duration = Duration::from_millis(500);

/// How long a client may take none of the bytes that were sent to it. actix-web has no
/// timeout for that, the kernel has.
const STUCK_CLIENT: Duration = Duration::from_secs(60);

/// Threads for files, for each HTTP thread.
const BLOCKING_THREADS: usize = 8;

/// Connections that the kernel holds until they are accepted.
const BACKLOG: i32 = 1024;

/// How long the accept loop may take to notice that it is paused.
const PAUSE_TAKES: Duration = Duration::from_millis(10);

/// Limits of the HTTP server.
#[derive(Args, Debug, Clone)]
pub struct HttpSettings {
    /// Threads that serve HTTP; 0 means one per core
    #[arg(long, default_value = "0", value_parser = checked::<usize>())]
    pub http_threads: usize,
    /// Maximum number of open connections; further ones wait to be accepted
    #[arg(long, default_value = "4096", value_parser = checked::<usize>())]
    pub max_connections: usize,
    /// Maximum time to receive the head of a request
    #[arg(long, default_value = "5s", value_parser = checked::<Wait>())]
    pub head_timeout: Wait,
    /// How long requests in progress may continue once the process is told to stop
    #[arg(long, default_value = "25s", value_parser = checked::<Wait>())]
    pub stop_grace: Wait,
    /// Serve Swagger UI at /swagger/
    #[arg(long, default_value = "true", value_parser = checked::<bool>(), action = ArgAction::Set, value_name = "true|false")]
    pub swagger: bool,
    /// Origins whose web pages may use the service (CORS): *, none, or a comma-separated list
    #[arg(long, default_value = "*", value_parser = checked::<CorsOrigins>(), value_name = "ORIGINS")]
    pub cors_origin: CorsOrigins,
    /// Who may use the service
    #[command(flatten)]
    pub auth: AuthSettings,
}

/// Ends a connection whose client takes nothing for a while.
fn give_up_stuck_client(connection: &Connection) {
    // Only Linux has the option; elsewhere the kernel's own patience decides.
    #[cfg(target_os = "linux")]
    if let Err(error) = SockRef::from(connection).set_tcp_user_timeout(Some(STUCK_CLIENT)) {
        log::debug!("bound the wait for a client that does not read: {error}");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (SockRef::from(connection), STUCK_CLIENT);
}

/// Listens at an address.
///
/// # Errors
///
/// When the address is taken or not ours.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart need not wait for old connections to be forgotten.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Serves on the listener until `stop` is cancelled, then stops in order: readiness
/// turns false, the listener closes, requests finish within the grace time.
///
/// # Errors
///
/// When the listener cannot be used. The future fails when a worker thread does.
pub(crate) fn serve(
    listener: TcpListener,
    settings: &HttpSettings,
    observer: Observer,
    stop: CancellationToken,
    configure: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> io::Result<impl Future<Output = io::Result<()>> + Send + 'static> {
    let threads = match settings.http_threads {
        0 => std::thread::available_parallelism()?.get(),
        threads => threads,
    };
    let closer = Socket::from(listener.try_clone()?);
    let data = web::Data::new(observer.clone());
    let cors = settings.cors_origin.clone();
    let door = Door::new(&settings.auth, &cors, None, &stop).map_err(io::Error::other)?;
    let is_open = door.is_open();
    let door = web::Data::new(door);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(data.clone())
            .app_data(door.clone())
            .configure(configure.clone())
            .default_service(web::to(no_route))
            .wrap(cors.for_everyone())
            .wrap(from_fn(enter))
            .wrap(cors.middleware(is_open))
            .wrap(from_fn(observe))
    })
    .workers(threads)
    // Each keeps buffers of its own; more of them make reading and writing no faster.
    .worker_max_blocking_threads(BLOCKING_THREADS)
    .max_connections((settings.max_connections / threads).max(1))
    // Without it the last, short segment of an answer may wait 40 ms for an acknowledgement.
    .tcp_nodelay(true)
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(settings.head_timeout.duration())
    // How long an early answer lingers, so that a client still sending can read it.
    .client_disconnect_timeout(Duration::from_secs(5))
    .h1_allow_half_closed(false)
    .shutdown_timeout(settings.stop_grace.duration().as_secs().max(1))
    .on_connect(|io, _| {
        if let Some(connection) = io.downcast_ref() {
            give_up_stuck_client(connection);
        }
    })
    .disable_signals()
    .listen(listener)?
    .run();

    let handle = server.handle();
    tokio::spawn(async move {
        stop.cancelled().await;
        observer.begin_stopping();
        // Pausing takes the listener out of the accept loop, and shutting it down makes
        // the kernel refuse new clients at once. Were it only paused, they would be left
        // waiting in its queue and be reset at the end. The loop takes note of the pause
        // a moment after it is promised.
        handle.pause().await;
        tokio::time::sleep(PAUSE_TAKES).await;
        if let Err(error) = closer.shutdown(std::net::Shutdown::Both) {
            log::warn!("close the listener: {error}");
        }
        // Only now are clients told to reconnect: before, they would have come back here.
        observer.begin_closing();
        tokio::time::sleep(LAST_REQUESTS).await;
        handle.stop(true).await;
    });
    Ok(server)
}
