//! The same through proxies that follow a script.

use std::thread::JoinHandle;

use super::proxy::{Endpoint, Handshake, Kind, Proxy, ProxyError};
use super::*;

/// Bytes that a proxy waits for, and what it answers.
type Script = &'static [(&'static [u8], &'static [u8])];

const SOCKS: Script = &[
    (&[5, 1, 0], &[5, 0]),
    (b"\x05\x01\x00\x03\x0Clive.example\x07\x8F", &[5, 0, 0, 1, 10, 0, 0, 1, 0, 80]),
];

const HTTP: Script = &[(
    b"CONNECT live.example:1935 HTTP/1.1\r\nHost: live.example:1935\r\n\r\n",
    b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n",
)];

/// A proxy for one connection. It answers in pieces of so many bytes, adds `more` as the
/// server's own first words, echoes five bytes and closes.
fn proxy(script: Script, piece: usize, more: &'static [u8]) -> (SocketAddr, JoinHandle<()>) {
    let (listener, address) = listener();
    let thread = std::thread::spawn(move || {
        let mut socket = accept(&listener);
        socket.set_nodelay(true).expect("an option");
        for (i, (heard, said)) in script.iter().enumerate() {
            let mut bytes = vec![0; heard.len()];
            socket.read_exact(&mut bytes).expect("the client asks");
            assert_eq!(bytes, *heard);
            let last = if i + 1 == script.len() { more } else { b"" };
            for piece in [*said, last].concat().chunks(piece) {
                socket.write_all(piece).expect("the client listens");
            }
        }
        let mut message = [0; 5];
        socket.read_exact(&mut message).expect("five bytes");
        socket.write_all(&message).expect("the client listens");
    });
    (address, thread)
}

fn through(url: &str, address: SocketAddr) -> Client {
    let proxy = Proxy::parse(url).expect("a proxy");
    let endpoint = Endpoint::new("live.example", 1935);
    let handshake = Handshake::new(&proxy, &endpoint).expect("it fits");
    let Client { poll, transport, now } = Client::new(&[address]);
    Client { poll, transport: transport.through(handshake), now }
}

#[test]
fn the_connection_is_the_servers_once_the_proxy_has_answered() {
    for (url, script) in [("socks5h://p", SOCKS), ("http://p", HTTP)] {
        for (piece, more) in [(1, &b""[..]), (usize::MAX, b""), (1, b"hi "), (usize::MAX, b"hi ")] {
            let (address, thread) = proxy(script, piece, more);
            let mut client = through(url, address);
            client.finish().expect("the proxy is content");
            let said: usize = script.iter().map(|(heard, _)| heard.len()).sum();
            assert_eq!(client.transport.sent(), said as u64, "the system counts the proxy's share");
            client.transport.write(&[IoSlice::new(b"hello")]).expect("it is open");
            assert_eq!(client.transport.taken(), 5);
            let heard = client.receive().expect("a clean end");
            assert_eq!(heard, [more, b"hello"].concat(), "{url}, {piece}");
            thread.join().expect("the proxy is content");
        }
    }
}

/// What comes of a proxy that hears something and answers this.
fn answered(url: &str, answer: &'static [u8]) -> ProxyError {
    let (listener, address) = listener();
    let thread = std::thread::spawn(move || {
        let mut socket = accept(&listener);
        socket.read_exact(&mut [0; 3]).expect("the client asks");
        socket.write_all(answer).expect("the client listens");
        let _ = socket.shutdown(Shutdown::Write);
        let _ = socket.read_to_end(&mut Vec::new());
    });
    let mut client = through(url, address);
    let error = client.finish().expect_err("no way through");
    drop(client);
    thread.join().expect("the proxy is content");
    let Error::Proxy(error) = error else { panic!("{error:?}") };
    error
}

#[test]
fn what_a_proxy_says_instead() {
    let (socks, http) = ("socks5://p", "http://p");
    assert_eq!(answered(socks, b""), ProxyError::Closed);
    assert_eq!(answered(http, b"HTTP/1.1 200 OK\r\n"), ProxyError::Closed);
    assert_eq!(answered(socks, b"HTTP/1.1 400 Bad"), ProxyError::NotAProxy(Kind::Socks5));
    assert_eq!(answered(http, &[5, 0xFF]), ProxyError::NotAProxy(Kind::Http));
    assert_eq!(answered(socks, &[5, 0xFF]), ProxyError::WantsPassword);
    assert_eq!(answered(http, b"HTTP/1.1 403 No\r\n\r\n<html>"), ProxyError::Forbidden);
}

#[test]
fn a_proxy_that_is_silent_is_waited_for_as_long_as_the_caller_likes() {
    let (_listener, address) = listener();
    let mut client = through("socks5h://p", address);
    while client.drive().expect("it connects") != Progress::Proxying {
        client.wait();
    }
    client.now += Duration::from_secs(3_600);
    assert_eq!(client.drive().expect("on its way"), Progress::Proxying);
    assert_eq!(client.transport.deadline(), None);
    assert_eq!(client.transport.write(&[IoSlice::new(b"x")]).expect("not yet"), 0);
}
