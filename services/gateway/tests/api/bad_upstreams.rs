//! What becomes of a service that misbehaves: 502, 503, 504, or a cut connection, and never
//! the clean end of a body that was cut.

use std::net::{Ipv4Addr, SocketAddr};

use testkit::bad_upstream::{BadUpstream, Reads, Script, Then};
use tokio::net::TcpListener;

use crate::test_app::{gateway, http, refused};

const ID: &str = "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12";

/// What the client sees.
#[derive(Debug)]
enum Outcome {
    /// An error of the gateway's own.
    Refused(u16, &'static str),
    /// A connection that is cut, in the middle of the body or before it.
    Cut,
    /// The whole answer.
    Whole(u16, &'static str),
}

use Outcome::{Cut, Refused, Whole};

const BROKEN: Outcome = Refused(502, "upstreamFailed");
const SLOW: Outcome = Refused(504, "timeout");

/// The misbehaviours, each with what the client sees of it.
fn table() -> Vec<(&'static str, Script, Outcome)> {
    let case = |name, answer: &str, then, outcome| (name, Script::answers(answer, then), outcome);
    let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\nContent-Length: 2\r\n\r\nok", "x".repeat(1 << 20));
    let unread = Script { reads: Reads::Nothing, ..Script::answers("", Then::Close) };
    let drips = Script {
        drips: true,
        ..Script::answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Then::Close)
    };
    vec![
        ("closes before it reads", unread, BROKEN),
        case("closes instead of answering", "", Then::Close, BROKEN),
        case("resets instead of answering", "", Then::Reset, BROKEN),
        case("never answers", "", Then::Hang, SLOW),
        ("drips its head", drips, SLOW),
        case("half a head", "HTTP/1.1 200 OK\r\nContent-Le", Then::Close, BROKEN),
        case("half a head and silence", "HTTP/1.1 200 OK\r\nContent-Le", Then::Hang, SLOW),
        case("garbage", "\x16\x03\x01 what is this\r\n\r\n", Then::Close, BROKEN),
        case("HTTP/0.9", "just a body", Then::Close, BROKEN),
        case("another protocol", "SSH-2.0-OpenSSH_9.2\r\n", Then::Hang, BROKEN),
        case(
            "103 before 200",
            "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            Then::Serve,
            BROKEN,
        ),
        case(
            "100 before 200",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            Then::Serve,
            BROKEN,
        ),
        case(
            "101",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
            Then::Hang,
            BROKEN,
        ),
        case(
            "a redirect",
            "HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/secret\r\nContent-Length: 0\r\n\r\n",
            Then::Serve,
            BROKEN,
        ),
        case("a status of 999", "HTTP/1.1 999 What\r\nContent-Length: 2\r\n\r\nok", Then::Serve, BROKEN),
        case("no length", "HTTP/1.1 200 OK\r\n\r\nok", Then::Close, BROKEN),
        case(
            "chunked",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            Then::Serve,
            BROKEN,
        ),
        case(
            "chunked and cut",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nok",
            Then::Close,
            BROKEN,
        ),
        case(
            "a body shorter than its length",
            "HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\nok",
            Then::Close,
            Cut,
        ),
        case("a body that is reset", "HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\nok", Then::Reset, Cut),
        case("a body that pauses", "HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\nok", Then::Hang, Cut),
        case(
            "two lengths",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
            Then::Close,
            BROKEN,
        ),
        case("a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok", Then::Close, BROKEN),
        case(
            "a length and chunks",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            Then::Serve,
            BROKEN,
        ),
        ("a head of a megabyte", Script::answers(long, Then::Serve), BROKEN),
        case(
            "a folded header",
            "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok",
            Then::Serve,
            BROKEN,
        ),
        case(
            "a null in a header",
            "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nok",
            Then::Serve,
            BROKEN,
        ),
        case(
            "more than its length",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more",
            Then::Serve,
            Whole(200, "ok"),
        ),
        case(
            "two answers",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
            Then::Serve,
            Whole(200, "ok"),
        ),
        case("HTTP/1.0", "HTTP/1.0 200 Fine\r\nContent-Length: 2\r\n\r\nok", Then::Close, Whole(200, "ok")),
        case(
            "an error of its own",
            "HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops",
            Then::Serve,
            Whole(500, "oops"),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_misbehaviour_ends_as_tabled() {
    for (name, script, outcome) in table() {
        let upstream = BadUpstream::start(script).await;
        let flags = ["--read-timeout=400ms", "--idle-timeout=400ms"];
        let gateway = gateway(upstream.address(), &[upstream.address()], &flags);
        let http = http();
        // Twice, since what is left on a connection would be the answer to the next request.
        for _ in 0..2 {
            let sent = http.get(gateway.url(&format!("/images/{ID}"))).send().await;
            let response = match (sent, &outcome) {
                (Ok(response), _) => response,
                // The connection was cut before the head left; that is no clean end either.
                (Err(_), Cut) => continue,
                (Err(error), _) => panic!("{name}: {error}"),
            };
            match outcome {
                Refused(status, code) => {
                    let message = refused(response, status, code).await;
                    assert!(
                        !message.contains("127.0.0.1") && !message.contains("10.0.0.1"),
                        "{name}: {message}"
                    );
                }
                Cut => {
                    assert_eq!(response.status(), 200, "{name}");
                    assert!(response.bytes().await.is_err(), "{name}: a cut body ended cleanly");
                }
                Whole(status, body) => {
                    assert_eq!(response.status(), status, "{name}");
                    assert_eq!(response.text().await.unwrap(), body, "{name}");
                }
            }
        }
        gateway.stop().await;
    }
}

#[tokio::test]
async fn a_service_that_is_away_is_503_at_once() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let away: SocketAddr = listener.local_addr().unwrap();
    drop(listener);
    let gateway = gateway(away, &[away], &[]);
    for path in [format!("/images/{ID}"), format!("/blurred-images/{ID}")] {
        let response = http().get(gateway.url(&path)).send().await.unwrap();
        assert_eq!(response.headers()["retry-after"], "1");
        refused(response, 503, "unavailable").await;
    }
}

#[tokio::test]
async fn events_stream_on_and_a_cut_is_seen() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n: hi\n\n\r\n";
    let upstream = BadUpstream::start(Script::answers(answer, Then::Hang)).await;
    let gateway = gateway(upstream.address(), &[upstream.address()], &["--idle-timeout=100ms"]);
    let mut response = http().get(gateway.url("/events")).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.chunk().await.unwrap().unwrap(), ": hi\n\n");
    assert!(response.chunk().await.is_err(), "a stream that went silent ended cleanly");
}
