//! Stopping in order.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;

use serde_json::Value;
use testkit::process::Process;
use testkit::wait::until_blocking;
use testkit::{images, multipart};

fn start(folder: &std::path::Path) -> (Process, SocketAddr) {
    let data_dir = format!("--data-dir={}", folder.display());
    let process = Process::start(env!("CARGO_BIN_EXE_image-cache"), ["--listen=127.0.0.1:0", &data_dir]);
    let address = process.address("image-cache");
    (process, address)
}

#[test]
fn a_stop_lets_slow_uploads_finish_and_keep_alive_clients_go_without_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let (mut process, address) = start(folder.path());

    let body = multipart::body(&[multipart::file(&images::png_of(600_000, 1))]);
    let head = format!(
        "POST /images HTTP/1.1\r\nHost: localhost\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        multipart::content_type(),
        body.len()
    );
    let mut upload = TcpStream::connect(address).unwrap();
    upload.write_all(head.as_bytes()).unwrap();
    upload.write_all(&body[..300_000]).unwrap();
    let staging = folder.path().join("staging");
    until_blocking("the upload is staged", || std::fs::read_dir(&staging).unwrap().next().map(drop));

    // Clients that ask again and again until they are told to go elsewhere.
    let clients: Vec<_> =
        (0..10).map(|_| thread::spawn(move || requests_until_told_to_go(address))).collect();
    let mut asked = TcpStream::connect(address).unwrap();
    assert!(request(&mut asked).contains("200 OK"), "the service is up");
    process.signal("TERM");

    for client in clients {
        assert!(client.join().unwrap() > 0);
    }
    until_blocking("the listener is closed", || TcpStream::connect(address).err());
    upload.write_all(&body[300_000..]).unwrap();
    let mut answer = String::new();
    upload.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert!(process.ended().success());

    let (_process, address) = start(folder.path());
    let info: Value = serde_json::from_str(answer.lines().last().unwrap()).unwrap();
    let mut connection = TcpStream::connect(address).unwrap();
    let path = format!("GET /images/{} HTTP/1.1\r\nHost: localhost\r\n\r\n", info["id"].as_str().unwrap());
    connection.write_all(path.as_bytes()).unwrap();
    let mut start = [0; 12];
    connection.read_exact(&mut start).unwrap();
    assert_eq!(String::from_utf8_lossy(&start), "HTTP/1.1 200");
}

/// Counts answers on one connection until one says that it is the last.
fn requests_until_told_to_go(address: SocketAddr) -> u32 {
    let mut connection = TcpStream::connect(address).unwrap();
    let mut count = 0;
    loop {
        let answer = request(&mut connection);
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer:?} after {count} answers");
        count += 1;
        if answer.to_lowercase().contains("connection: close") {
            return count;
        }
    }
}

fn request(connection: &mut TcpStream) -> String {
    connection.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while !answer.ends_with(br#"{"status":"ok"}"#) {
        let count = connection.read(&mut buffer).unwrap();
        assert!(count > 0, "closed after {:?}", String::from_utf8_lossy(&answer));
        answer.extend(&buffer[..count]);
    }
    String::from_utf8(answer).unwrap()
}
