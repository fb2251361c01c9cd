//! The HTTP server of a service: its limits, its start and its stop.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_server::Server;
use actix_service::{ServiceFactoryExt as _, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::{App, web};
use anyhow::Context as _;
use clap::{ArgAction, Args};
#[cfg(target_os = "linux")]
use socket2::SockRef;
use socket2::{Domain, Protocol, Socket, Type};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::auth::{ApiKeys, AuthSettings, Door, enter};
use crate::connections::{ConnectionLimits, Connections, RESERVE};
use crate::cors::CorsOrigins;
use crate::error::no_route;
use crate::observe::{Observer, observe};
use crate::rates::{RateSettings, Requests, limit};
use crate::settings::{ByteSize, Wait, checked};
use crate::slash::without_trailing_slash;
use crate::tls::{TlsSettings, handshake};
use crate::transport::Transport;
use crate::watched::Watched;

/// An idle connection is kept longer than our clients keep theirs (60 s), so that it is
/// never the server that closes a connection in use.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How long the listener is closed but connections live on once a stop was asked for.
/// A client's next request within this time is answered, with `Connection: close`,
/// instead of meeting a closed socket.
const LAST_REQUESTS: Duration = Duration::from_millis(500);

/// How long a client may not acknowledge what the kernel has sent to it.
#[cfg(target_os = "linux")]
const STUCK_CLIENT: Duration = Duration::from_secs(60);

/// How long an early answer lingers, so that a client that still sends can read it.
const LINGER: Duration = Duration::from_secs(5);

/// Bytes of an answer that the kernel takes ahead of what the client has room for. More
/// only costs memory: it is sent no sooner.
#[cfg(target_os = "linux")]
const UNSENT_BYTES: u32 = 128 * 1024;

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
    /// Maximum number of open connections; a further one replaces the one that has waited
    /// longest for its client
    #[arg(long, default_value = "4096", value_parser = checked::<usize>())]
    pub max_connections: usize,
    /// Maximum number of open connections from one address
    #[arg(long, default_value = "2048", value_parser = checked::<usize>())]
    pub max_connections_per_address: usize,
    /// Minimum mean rate, per second, at which clients must send and receive bodies
    #[arg(long, default_value = "8KiB", value_parser = checked::<ByteSize>())]
    pub min_body_rate: ByteSize,
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
    /// Address for metrics, readiness and the documents, which are not on the other listener then and which everyone who reaches the address gets
    #[arg(long, value_name = "ADDRESS", value_parser = checked::<SocketAddr>())]
    pub admin_listen: Option<SocketAddr>,
    /// How often callers may ask
    #[command(flatten)]
    pub rates: RateSettings,
    /// Who may use the service
    #[command(flatten)]
    pub auth: AuthSettings,
    /// The certificate of the service
    #[command(flatten)]
    pub tls: TlsSettings,
    /// Whether other services of this process need a listener without TLS, which is on loopback.
    #[arg(skip)]
    pub internal: bool,
}

impl HttpSettings {
    /// What is wrong with settings that only make sense together, each in a sentence, of a
    /// service that listens at this address.
    pub fn mistakes(&self, listen: SocketAddr) -> Vec<String> {
        let listeners: Vec<_> = [Some(listen), self.admin_listen].into_iter().flatten().collect();
        let mut mistakes = self.auth.mistakes(&listeners);
        mistakes.extend(self.tls.mistakes());
        mistakes
    }

    /// The limits of connections.
    pub(crate) fn connections(&self) -> ConnectionLimits {
        ConnectionLimits {
            total: self.max_connections.max(1),
            of_address: self.max_connections_per_address.max(1),
            bytes_per_second: self.min_body_rate.bytes(),
        }
    }
}

/// What a listener is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The service.
    Public,
    /// The service, for other services of the same process.
    Internal,
    /// What is the operator's.
    Admin,
}

/// The listeners of a service.
pub(crate) struct Listeners(pub(crate) Vec<(Part, TcpListener)>);

impl Listeners {
    /// Listens at the address, and at those that the settings name.
    ///
    /// # Errors
    ///
    /// When an address is taken or not ours.
    pub(crate) fn open(address: SocketAddr, settings: &HttpSettings) -> anyhow::Result<Self> {
        let at = |address| listen(address).with_context(|| format!("listen at {address}"));
        let mut listeners = vec![(Part::Public, at(address)?)];
        if settings.internal && settings.tls.is_on() {
            listeners.push((Part::Internal, at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?));
        }
        if let Some(address) = settings.admin_listen {
            listeners.push((Part::Admin, at(address)?));
        }
        Ok(Self(listeners))
    }

    /// Where the listener for this part listens.
    pub(crate) fn address(&self, of: Part) -> io::Result<Option<SocketAddr>> {
        let found = self.0.iter().find(|(part, _)| *part == of);
        found.map(|(_, listener)| listener.local_addr()).transpose()
    }
}

/// What the listeners of a service share.
pub(crate) struct Shared {
    pub(crate) connections: Arc<Connections>,
    pub(crate) observer: Observer,
    pub(crate) requests: Arc<Requests>,
    pub(crate) api_keys: Option<ApiKeys>,
}

/// Takes in a connection, or refuses it where there is no place left.
async fn admit(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    connections: Arc<Connections>,
    head_timeout: Duration,
) -> Result<(Transport, Option<SocketAddr>), DispatchError> {
    let peer = stream.peer_addr().ok();
    let connection = connections.admit(peer.map(|peer| peer.ip()));
    let connection = connection.ok_or_else(|| io::Error::from(io::ErrorKind::ConnectionRefused))?;
    if let Err(error) = prepare(&stream) {
        log::debug!("prepare a connection: {error}");
    }
    let watched = Watched::new(stream, connection, connections, head_timeout);
    Ok(match tls {
        None => (Transport::Plain(watched), peer),
        Some(tls) => (Transport::Tls(Box::new(handshake(&tls, watched, head_timeout).await?)), peer),
    })
}

/// Sets the options of a connection.
fn prepare(stream: &TcpStream) -> io::Result<()> {
    // Without it the last, short segment of an answer may wait 40 ms for an acknowledgement.
    stream.set_nodelay(true)?;
    // Only Linux has these; elsewhere the kernel's own patience and thrift decide.
    #[cfg(target_os = "linux")]
    {
        let socket = SockRef::from(stream);
        socket.set_tcp_user_timeout(Some(STUCK_CLIENT))?;
        socket.set_tcp_notsent_lowat(UNSENT_BYTES)?;
    }
    Ok(())
}

/// Listens at an address.
///
/// # Errors
///
/// When the address is taken or not ours.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart need not wait for old connections to be forgotten.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Serves on the listeners until `stop` is cancelled, then stops in order: readiness
/// turns false, the listener closes, requests finish within the grace time.
///
/// # Errors
///
/// When the listener cannot be used. The future fails when a worker thread does.
pub(crate) fn serve(
    listeners: Listeners,
    settings: &HttpSettings,
    shared: Shared,
    stop: CancellationToken,
    configure: impl Fn(&mut web::ServiceConfig, Part) + Clone + Send + 'static,
) -> io::Result<impl Future<Output = io::Result<()>> + Send + 'static> {
    let Shared { connections, observer, requests, api_keys } = shared;
    let threads = match settings.http_threads {
        0 => std::thread::available_parallelism()?.get(),
        threads => threads,
    };
    let clones = listeners.0.iter().map(|(_, listener)| listener.try_clone().map(Socket::from));
    let closers = clones.collect::<io::Result<Vec<_>>>()?;
    let data = web::Data::new(observer.clone());
    let cors = settings.cors_origin.clone();
    let door = Door::new(&settings.auth, &cors, api_keys, &stop).map_err(io::Error::other)?;
    let is_open = door.is_open();
    let door = web::Data::new(door);
    let head_timeout = settings.head_timeout.duration();
    let tls = settings.tls.acceptor(&stop).map_err(io::Error::other)?;
    let builder = Server::build();
    let shutdown = builder.graceful_shutdown_signal();
    let mut builder = builder
        .workers(threads)
        // Each keeps buffers of its own; more of them make reading and writing no faster.
        .worker_max_blocking_threads(BLOCKING_THREADS)
        // Those in `connections` count. All are accepted, and one may have to go for another.
        .max_concurrent_connections(settings.max_connections.saturating_add(2 * RESERVE))
        .shutdown_timeout(settings.stop_grace.duration().as_secs().max(1))
        .disable_signals();
    for (part, listener) in listeners.0 {
        let address = listener.local_addr()?;
        let door = if part == Part::Admin { web::Data::new(Door::of_operator()) } else { door.clone() };
        // What is the operator's is not counted.
        let requests = match part {
            Part::Public | Part::Internal => web::Data::from(Arc::clone(&requests)),
            Part::Admin => web::Data::new(Requests::new(&RateSettings::default())),
        };
        let tls = tls.clone().filter(|_| part != Part::Internal);
        let (data, cors, configure) = (data.clone(), cors.clone(), configure.clone());
        let (shutdown, connections) = (shutdown.clone(), Arc::clone(&connections));
        builder = builder.listen(format!("{part:?}"), listener, move || {
            let configure = configure.clone();
            let app = App::new()
                .app_data(data.clone())
                .app_data(door.clone())
                .app_data(requests.clone())
                .configure(move |config| configure(config, part))
                .default_service(web::to(no_route))
                .wrap(from_fn(without_trailing_slash))
                .wrap(from_fn(limit))
                .wrap(cors.for_everyone())
                .wrap(from_fn(enter))
                .wrap(cors.middleware(is_open))
                .wrap(from_fn(observe));
            let shutdown = shutdown.clone();
            let http = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let shutdown = shutdown.clone();
                    async move { shutdown.notified().await }
                })
                .keep_alive(KEEP_ALIVE)
                .client_request_timeout(head_timeout)
                .client_disconnect_timeout(LINGER)
                .h1_allow_half_closed(false)
                .local_addr(address)
                .on_connect_ext(|stream: &Transport, extensions| {
                    extensions.insert(Arc::clone(stream.watched().connection()));
                })
                .h1(map_config(app, |()| AppConfig::default()));
            let connections = Arc::clone(&connections);
            let tls = tls.clone();
            fn_service(move |stream: TcpStream| {
                admit(stream, tls.clone(), Arc::clone(&connections), head_timeout)
            })
            .and_then(http)
        })?;
    }
    let server = builder.run();

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
        for closer in closers {
            if let Err(error) = closer.shutdown(std::net::Shutdown::Both) {
                log::warn!("close the listener: {error}");
            }
        }
        // Only now are clients told to reconnect: before, they would have come back here.
        observer.begin_closing();
        tokio::time::sleep(LAST_REQUESTS).await;
        handle.stop(true).await;
    });
    Ok(server)
}
