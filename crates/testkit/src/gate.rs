//! A gate in front of a server: connections pass while it is open and are cut when it is
//! closed.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A gate on a port of its own. It is there until the test's runtime ends.
pub struct Gate {
    address: SocketAddr,
    open: Arc<AtomicBool>,
    cut: watch::Sender<()>,
}

impl Gate {
    /// An open gate in front of a port of this machine.
    pub async fn before(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("listen at the gate");
        let address = listener.local_addr().expect("the address of the gate");
        let open = Arc::new(AtomicBool::new(true));
        let cut = watch::Sender::new(());
        let (is_open, cuts) = (Arc::clone(&open), cut.clone());
        tokio::spawn(async move {
            while let Ok((outside, _)) = listener.accept().await {
                if is_open.load(Ordering::SeqCst) {
                    tokio::spawn(pass(outside, port, cuts.subscribe()));
                }
            }
        });
        Self { address, open, cut }
    }

    /// The port of the gate.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Lets connections pass from now on.
    pub fn open(&self) {
        self.open.store(true, Ordering::SeqCst);
    }

    /// Cuts all connections, and lets none pass from now on.
    pub fn close(&self) {
        self.open.store(false, Ordering::SeqCst);
        self.cut.send_replace(());
    }
}

async fn pass(mut outside: TcpStream, port: u16, mut cut: watch::Receiver<()>) {
    let Ok(mut inside) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else { return };
    tokio::select! {
        // However it ends, both sides are closed.
        _ = copy_bidirectional(&mut outside, &mut inside) => {}
        _ = cut.changed() => {}
    }
}
