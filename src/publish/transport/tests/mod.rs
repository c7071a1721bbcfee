//! Connections over loopback. Time is handed in; waiting is for events only.

use std::io::IoSlice;
use std::net::{TcpListener, TcpStream as StdStream};
use std::time::Duration;

use mio::{Events, Poll};

use super::*;

/// A transport with its poll.
struct Client {
    poll: Poll,
    transport: Transport,
    now: MediaTime,
}

impl Client {
    fn new(addresses: &[SocketAddr]) -> Self {
        Self::encrypting(addresses, None)
    }

    fn encrypting(addresses: &[SocketAddr], encryption: Option<Encryption>) -> Self {
        let poll = Poll::new().expect("the system has a poll");
        let now = MediaTime::from_millis(5_000);
        Self { poll, transport: Transport::connect(now, addresses, Token(10), encryption), now }
    }

    /// Waits for an event. A peer on this machine answers; a minute without an
    /// event is a failure, not a measurement.
    fn wait(&mut self) {
        let mut events = Events::with_capacity(16);
        self.poll.poll(&mut events, Some(Duration::from_secs(60))).expect("poll works");
        assert!(!events.is_empty(), "no event");
        let tokens = 10..10 + Transport::TOKENS;
        assert!(events.iter().all(|event| tokens.contains(&event.token().0)));
    }

    fn drive(&mut self) -> Result<Progress, Error> {
        self.transport.drive(self.now, self.poll.registry())
    }

    /// Drives until it is open or has failed.
    fn finish(&mut self) -> Result<(), Error> {
        while self.drive()? != Progress::Open {
            self.wait();
        }
        Ok(())
    }

    fn receive(&mut self) -> Result<Vec<u8>, Error> {
        let mut buffer = [0; 4_096];
        let mut all = Vec::new();
        loop {
            match self.transport.read(&mut buffer)? {
                Received::Bytes(n) => all.extend_from_slice(&buffer[..n]),
                Received::Blocked => self.wait(),
                Received::End => return Ok(all),
            }
        }
    }
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound socket has an address");
    (listener, address)
}

fn accept(listener: &TcpListener) -> StdStream {
    listener.accept().expect("the client has connected").0
}

/// A port of loopback where nothing listens.
fn closed_port() -> SocketAddr {
    listener().1
}

/// A listener whose queue is full, so that more connections hang, and what
/// fills it.
#[cfg(target_os = "linux")]
fn deaf_port() -> (socket2::Socket, SocketAddr, Vec<StdStream>) {
    use socket2::{Domain, Socket, Type};
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a free port");
    socket.listen(0).expect("it listens");
    let address = socket.local_addr().ok().and_then(|a| a.as_socket()).expect("an address");
    let fill = || StdStream::connect_timeout(&address, Duration::from_millis(50)).ok();
    let filled = std::iter::from_fn(fill).take(8).collect();
    (socket, address, filled)
}

#[test]
fn bytes_go_both_ways_and_the_close_is_clean() {
    let (listener, address) = listener();
    let mut client = Client::new(&[address]);
    client.finish().expect("it connects");
    assert_eq!(client.transport.peer(), Some(address));
    assert_eq!(client.transport.deadline(), None);
    let mut server = accept(&listener);
    assert_eq!(client.transport.write(&[IoSlice::new(b"hello")]).expect("it writes"), 5);
    assert!(client.transport.close().expect("it closes"));
    let mut heard = Vec::new();
    server.read_to_end(&mut heard).expect("a clean end");
    assert_eq!(heard, b"hello");
    server.write_all(b"goodbye").expect("the other way is open");
    drop(server);
    assert_eq!(client.receive().expect("a clean end"), b"goodbye");
}

#[test]
fn an_abort_is_a_reset() {
    let (listener, address) = listener();
    let mut client = Client::new(&[address]);
    client.finish().expect("it connects");
    let mut server = accept(&listener);
    client.transport.write(&[IoSlice::new(b"hello")]).expect("it writes");
    client.transport.abort();
    let error = server.read_to_end(&mut Vec::new()).expect_err("a reset");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
}

#[test]
fn a_reset_by_the_peer_is_one() {
    let (listener, address) = listener();
    let mut client = Client::new(&[address]);
    client.finish().expect("it connects");
    let server = accept(&listener);
    socket2::SockRef::from(&server).set_linger(Some(Duration::ZERO)).expect("an option");
    drop(server);
    let error = client.receive().expect_err("a reset");
    assert!(matches!(error, Error::Reset), "{error:?}");
}

#[test]
fn a_closed_port_is_refused() {
    let mut client = Client::new(&[closed_port()]);
    let error = client.finish().expect_err("nothing listens");
    assert!(matches!(error, Error::Refused), "{error:?}");
    assert!(client.drive().is_err(), "an error is final");
}

#[test]
fn no_address_is_an_error() {
    let error = Client::new(&[]).finish().expect_err("nowhere to go");
    assert!(matches!(error, Error::NoAddress), "{error:?}");
}

#[test]
fn a_refused_address_makes_room_for_the_next_at_once() {
    let (_listener, address) = listener();
    let mut client = Client::new(&[closed_port(), closed_port(), address]);
    client.finish().expect("the third answers, without time passing");
    assert_eq!(client.transport.peer(), Some(address));
}

#[test]
#[cfg(target_os = "linux")]
fn a_deaf_address_is_overtaken_after_a_moment() {
    let (_deaf, deaf_address, _filled) = deaf_port();
    let (_listener, address) = listener();
    let mut client = Client::new(&[deaf_address, address]);
    assert_eq!(client.drive().expect("on its way"), Progress::Connecting);
    let due = client.transport.deadline().expect("the second waits");
    assert_eq!(due, client.now + Duration::from_millis(250));
    client.now = due;
    client.finish().expect("the second answers");
    assert_eq!(client.transport.peer(), Some(address));
}

#[test]
#[cfg(target_os = "linux")]
fn how_long_a_deaf_address_is_waited_for_is_the_callers() {
    let (_deaf, deaf_address, _filled) = deaf_port();
    let mut client = Client::new(&[deaf_address]);
    assert_eq!(client.drive().expect("on its way"), Progress::Connecting);
    assert_eq!(client.transport.deadline(), None);
    client.now += Duration::from_secs(3_600);
    assert_eq!(client.drive().expect("on its way"), Progress::Connecting);
}

/// A peer that does not read: the system keeps little of what it can't send.
#[test]
#[cfg(target_os = "linux")]
fn little_waits_in_the_system_and_it_says_how_much() {
    let (listener, address) = listener();
    socket2::SockRef::from(&listener).set_recv_buffer_size(8_192).expect("an option");
    let mut client = Client::new(&[address]);
    client.finish().expect("it connects");
    let mut server = accept(&listener);
    let mut blocked = false;
    for _ in 0..10_000 {
        blocked |= client.transport.write(&[IoSlice::new(&[7; 4_096])]).expect("it is open") == 0;
    }
    assert!(blocked);
    let figures = client.transport.figures().expect("Linux has figures");
    let sent = client.transport.sent();
    assert_eq!(figures.acked + figures.unacked, sent);
    assert!(figures.unsent <= 64 << 10, "{figures:?} of {sent}");
    drop(client);
    let mut heard = Vec::new();
    server.read_to_end(&mut heard).expect("a clean end");
    assert_eq!(heard.len() as u64, sent);
}

#[test]
fn addresses_of_a_name() {
    let addresses = resolve("127.0.0.1", 1935).expect("a literal needs no look-up");
    assert_eq!(addresses, [SocketAddr::from(([127, 0, 0, 1], 1935))]);
    assert!(resolve("no such name", 1935).is_err());
}

#[test]
fn the_way_to_an_address_starts_at_one_of_ours() {
    assert_eq!(route_to(([127, 0, 0, 1], 1935).into()), Some([127, 0, 0, 1].into()));
}

mod encrypted;
mod proxied;
