//! Killing the process in the middle of uploads: what was acknowledged is there.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use testkit::process::Process;
use testkit::wait::until_blocking;
use testkit::{images, multipart};

/// How often the process is killed, unless `CRASH_ROUNDS` says otherwise.
const ROUNDS: u32 = 10;
const CLIENTS: u64 = 4;

#[test]
fn a_crash_loses_no_acknowledged_upload() {
    let rounds = std::env::var("CRASH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    println!("{rounds} rounds, seed {seed}");
    let folder = tempfile::tempdir().unwrap();
    let acknowledged: Arc<Mutex<BTreeMap<String, Vec<u8>>>> = Arc::default();

    let mut random = u64::from(seed) | 1;
    for round in 0..rounds {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let (mut process, address) = start(folder.path());
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let acknowledged = Arc::clone(&acknowledged);
                let seed = u64::from(round) * CLIENTS + client;
                thread::spawn(move || upload_until_refused(address, seed, &acknowledged))
            })
            .collect();
        // Up to 300 ms of uploads, by the clock of the answers and not of a sleep.
        let before = acknowledged.lock().unwrap().len();
        let some = usize::try_from(random >> 60).unwrap();
        until_blocking("some uploads are through", || {
            (acknowledged.lock().unwrap().len() >= before + some).then_some(())
        });
        process.kill();
        for client in clients {
            client.join().unwrap();
        }
    }

    let (_process, address) = start(folder.path());
    let acknowledged = acknowledged.lock().unwrap();
    for (id, bytes) in acknowledged.iter() {
        let answer = exchange(
            address,
            format!("GET /images/{id} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes(),
        );
        let (head, body) = split(&answer.unwrap());
        assert!(head.starts_with("HTTP/1.1 200"), "{id}: {head}");
        assert!(&body == bytes, "{id} has other bytes");
    }
    let staging = folder.path().join("staging");
    assert!(std::fs::read_dir(staging).unwrap().next().is_none(), "the start has swept unfinished uploads");
    println!("{} acknowledged uploads, all there", acknowledged.len());
    assert!(!acknowledged.is_empty());
}

fn start(folder: &Path) -> (Process, SocketAddr) {
    let data_dir = format!("--data-dir={}", folder.display());
    let process = Process::start(env!("CARGO_BIN_EXE_image-cache"), ["--listen=127.0.0.1:0", &data_dir]);
    let address = process.address("image-cache");
    (process, address)
}

fn upload_until_refused(address: SocketAddr, seed: u64, acknowledged: &Mutex<BTreeMap<String, Vec<u8>>>) {
    for count in 0.. {
        let png = images::png_of(2_000 + usize::try_from(seed * 7919 % 400_000).unwrap(), seed << 32 | count);
        let body = multipart::body(&[multipart::file(&png)]);
        let head = format!(
            "POST /images HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
            multipart::content_type(),
            body.len()
        );
        let Some(answer) = exchange(address, &[head.as_bytes(), &body].concat()) else { return };
        let (head, body) = split(&answer);
        // An answer that was cut off acknowledges nothing.
        let Ok(info) = serde_json::from_slice::<serde_json::Value>(&body) else { return };
        assert!(head.starts_with("HTTP/1.1 201"), "{head}");
        acknowledged.lock().unwrap().insert(info["id"].as_str().unwrap().to_owned(), png);
    }
}

/// What the service answers before it closes the connection; none if there is no service.
fn exchange(address: SocketAddr, request: &[u8]) -> Option<Vec<u8>> {
    let mut connection = TcpStream::connect(address).ok()?;
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    connection.write_all(request).ok()?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).ok()?;
    Some(answer)
}

fn split(answer: &[u8]) -> (String, Vec<u8>) {
    match answer.windows(4).position(|window| window == b"\r\n\r\n") {
        Some(end) => (String::from_utf8_lossy(&answer[..end]).into_owned(), answer[end + 4..].to_vec()),
        None => (String::new(), Vec::new()),
    }
}
