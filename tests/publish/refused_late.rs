//! Servers that speak RTMP, and hang or change their minds on the way to a stream:
//! each is an answer within five seconds, too; a key that is in use gets eight.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use tallylight::media::MediaTime;
use tallylight::protocol::rtmp::server::{Rejection, ServerEvent, ServerOptions, ServerSession};

use crate::program::{Ended, Program};
use crate::witness::Witness;

/// What the server does about a stream.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    /// Says nothing after the handshake.
    NoConnect,
    /// Does not answer `publish`.
    NoPublish,
    /// Says that the stream may start, and closes this much later.
    StartThenClose(Duration),
    /// Resets the connection at `publish`, as who closes without reading it does.
    ResetAtPublish,
    /// Says that the key is in use.
    InUse,
    /// Says nothing to a `connect` that announces more than the oldest do.
    DeafToNews,
}

/// The handshake's bytes from a server.
const HANDSHAKE: usize = 1 + 1536 + 1536;

fn server(manner: Manner) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
    let port = listener.local_addr().expect("it has an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || talk(stream, manner));
        }
    });
    format!("rtmp://127.0.0.1:{port}/live/k")
}

/// Ends when the client has closed, or when the server's manner is to close.
fn talk(mut stream: TcpStream, manner: Manner) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_millis(10))).ok()?;
    let begun = Instant::now();
    let mut session = ServerSession::new(ServerOptions::default(), &[7; 1528], MediaTime::ZERO);
    let (mut said, mut close_at, mut deaf) = (0, None, false);
    let mut buffer = [0; 64 << 10];
    while close_at.is_none_or(|at| Instant::now() < at) {
        let count = match stream.read(&mut buffer) {
            Ok(0) => return None,
            Ok(count) => count,
            Err(_) => 0,
        };
        let news = buffer[..count].windows(6).any(|bytes| bytes == b"capsEx");
        deaf |= manner == Manner::DeafToNews && news;
        let mut rest = &buffer[..count];
        while !rest.is_empty() {
            let taken = session.read(MediaTime::ZERO + begun.elapsed(), rest).ok()?;
            rest = &rest[taken..];
            while let Some(event) = session.poll_event() {
                let ServerEvent::PublishRequested { stream_id, .. } = event else { continue };
                match manner {
                    Manner::NoPublish => rest = &[],
                    Manner::ResetAtPublish => {
                        let linger = Some(Duration::ZERO);
                        socket2::SockRef::from(&stream).set_linger(linger).ok()?;
                        return None;
                    }
                    Manner::InUse => session.reject(stream_id, &Rejection::name_in_use()).ok()?,
                    _ => session.accept_publish(stream_id).ok()?,
                }
                if let Manner::StartThenClose(after) = manner {
                    close_at = Some(Instant::now() + after);
                }
            }
        }
        while !session.output().is_empty() {
            let silent = manner == Manner::NoConnect || deaf;
            let room = if silent { HANDSHAKE.saturating_sub(said) } else { usize::MAX };
            let piece = session.output().to_vec();
            stream.write_all(&piece[..piece.len().min(room)]).ok()?;
            session.consume(piece.len());
            said += piece.len();
        }
    }
    // Closed with something unread, it would be a reset.
    stream.shutdown(Shutdown::Write).ok()?;
    while begun.elapsed() < Duration::from_secs(20) && !matches!(stream.read(&mut buffer), Ok(0)) {}
    None
}

/// Publishes there and expects this exit status and this sentence in time.
fn expect(manner: Manner, status: i32, sentence: &str) -> Ended {
    let limit = if manner == Manner::InUse { 9_500 } else { 5_500 };
    let url = server(manner);
    let begun = Witness::start();
    let ended = Program::start(&["publish", "--size", "320x180", "--json", &url]).wait();
    let took = begun.elapsed();
    assert_eq!(ended.code(), Some(status), "{}", ended.stderr);
    assert!(ended.stderr.contains(sentence), "{}", ended.stderr);
    assert!(took < Duration::from_millis(limit), "answered after {took:?}");
    ended
}

#[test]
fn a_server_that_does_not_answer_connect() {
    expect(Manner::NoConnect, 4, "did not answer in time (asking for the application)");
}

#[test]
fn a_server_that_does_not_answer_publish() {
    expect(Manner::NoPublish, 4, "did not answer in time (asking to publish)");
}

#[test]
fn a_server_that_resets_the_connection_at_publish_has_closed_it() {
    expect(Manner::ResetAtPublish, 3, "closed without saying why (asking to publish)");
}

#[test]
fn a_server_that_says_start_and_closes() {
    let at_once = Manner::StartThenClose(Duration::ZERO);
    expect(at_once, 3, "closed without saying why (just after it let the stream start)");
    let soon = Manner::StartThenClose(Duration::from_millis(400));
    expect(soon, 3, "closed without saying why (just after it let the stream start)");
}

#[test]
fn a_key_that_is_in_use_is_tried_for_a_while_and_then_said_to_be() {
    let ended = expect(Manner::InUse, 3, "key is already in use");
    let waits = ended.lines.iter().filter(|line| line["state"] == "reconnecting");
    let said = |line: &serde_json::Value| {
        line["detail"].as_str().is_some_and(|words| words.contains("already in use"))
    };
    assert!(waits.clone().count() >= 2 && waits.clone().all(said), "{:?}", ended.lines);
}

#[test]
fn a_server_that_is_deaf_to_news_is_asked_the_plain_way_in_time() {
    let url = server(Manner::DeafToNews);
    let arguments = ["publish", "--size", "320x180", "--json", "--duration", "1s", &url];
    let ended = Program::start(&arguments).wait();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
}
