//! Servers that speak RTMP, and hang, hesitate or change their minds on the way to a
//! stream: each is an answer within five seconds, too; a key that is in use gets eight.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tallylight::media::MediaTime;
use tallylight::protocol::rtmp::error::IN_EARNEST;
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
    /// Closes on a `connect` that announces more than the oldest do.
    ClosesOnNews,
    /// Answers `connect` this much after the connection was made.
    Hesitates(Duration),
    /// Closes the first stream this much after its start, refuses the second connection
    /// and takes the third.
    RefusesOnce(Duration),
    /// Says in its own words that the key is not valid.
    Invalid,
}

/// The handshake's bytes from a server.
const HANDSHAKE: usize = 1 + 1536 + 1536;

fn server(manner: Manner) -> String {
    counting_server(manner).0
}

/// The server's address, and how many connections were made to it.
fn counting_server(manner: Manner) -> (String, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let made = Arc::clone(&count);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
    let port = listener.local_addr().expect("it has an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let number = made.fetch_add(1, Ordering::SeqCst);
            std::thread::spawn(move || talk(stream, manner, number));
        }
    });
    (format!("rtmp://127.0.0.1:{port}/live/k"), count)
}

/// What a connection is told, by its number from 0.
fn options(manner: Manner, number: usize) -> ServerOptions {
    let refuses = matches!(manner, Manner::RefusesOnce(_)) && number == 1;
    ServerOptions { turn_away: refuses.then_some("Not now"), ..ServerOptions::default() }
}

/// Ends when the client has closed, or when the server's manner is to close.
fn talk(mut stream: TcpStream, manner: Manner, number: usize) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_millis(10))).ok()?;
    let begun = Instant::now();
    let options = options(manner, number);
    let mut session = ServerSession::new(options, &[7; 1528], MediaTime::ZERO);
    let (mut said, mut close_at) = (0, None);
    let mut buffer = [0; 64 << 10];
    while close_at.is_none_or(|at| Instant::now() < at) {
        let count = match stream.read(&mut buffer) {
            Ok(0) => return None,
            Ok(count) => count,
            Err(_) => 0,
        };
        let news = buffer[..count].windows(6).any(|bytes| bytes == b"capsEx");
        if news && manner == Manner::ClosesOnNews {
            break;
        }
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
                    Manner::Invalid => session.reject(stream_id, &invalid()).ok()?,
                    _ => session.accept_publish(stream_id).ok()?,
                }
                match manner {
                    Manner::StartThenClose(after) => close_at = Some(Instant::now() + after),
                    Manner::RefusesOnce(after) if number == 0 => {
                        close_at = Some(Instant::now() + after);
                    }
                    _ => {}
                }
            }
        }
        while !session.output().is_empty() {
            let silent = manner == Manner::NoConnect;
            let hesitates = matches!(manner, Manner::Hesitates(time) if begun.elapsed() < time);
            if hesitates && said == HANDSHAKE {
                break;
            }
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

fn invalid() -> Rejection {
    Rejection { description: "key invalid or expired".into(), ..Rejection::name_in_use() }
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
    expect(
        Manner::NoPublish,
        4,
        "did not answer in time (asking to publish). Check the stream key",
    );
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
fn a_key_that_the_server_calls_invalid_is_not_said_to_be_in_use() {
    let sentence = "refuses this key: it is in use or not valid. It says: \
                    NetStream.Publish.BadName, “key invalid or expired”";
    let ended = expect(Manner::Invalid, 3, sentence);
    assert!(ended.lines.iter().all(|line| line["state"] != "reconnecting"), "{:?}", ended.lines);
}

#[test]
fn a_server_that_closes_on_news_is_asked_the_plain_way() {
    let url = server(Manner::ClosesOnNews);
    let arguments = ["publish", "--size", "320x180", "--json", "--duration", "1s", &url];
    let ended = Program::start(&arguments).wait();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
}

#[test]
fn a_server_that_takes_three_seconds_to_answer_connect_is_waited_for() {
    let (url, connections) = counting_server(Manner::Hesitates(Duration::from_secs(3)));
    let arguments = ["publish", "--size", "320x180", "--json", "--duration", "1s", &url];
    let ended = Program::start(&arguments).wait();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert_eq!(connections.load(Ordering::SeqCst), 1, "and not asked twice");
}

#[test]
fn a_refusal_right_after_a_good_stream_is_not_the_end() {
    let (url, connections) =
        counting_server(Manner::RefusesOnce(IN_EARNEST + Duration::from_millis(300)));
    let arguments = ["publish", "--size", "320x180", "--json", "--duration", "3s", &url];
    let ended = Program::start(&arguments).wait();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert_eq!(connections.load(Ordering::SeqCst), 3);
    let waits = ended.lines.iter().filter(|line| line["state"] == "reconnecting");
    let calm =
        |line: &serde_json::Value| line["detail"].as_str().is_some_and(|w| w.contains("Not now"));
    assert!(waits.clone().any(calm), "{:?}", ended.lines);
}
