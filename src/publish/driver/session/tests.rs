//! What a connection that breaks is blamed on.

use std::io::{Read, Write};
use std::net::TcpListener;

use mio::{Events, Poll};

use super::*;
use crate::protocol::rtmp::ErrorKind;
use crate::protocol::rtmp::url::Target;
use crate::publish::driver::SOCKETS;
use crate::publish::transport::Progress;

/// A peer that answers and resets the connection: what it said is the reason, not that
/// nothing more can be sent.
#[test]
fn what_the_peer_said_counts_for_more_than_the_reset_behind_it() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
    let address = listener.local_addr().expect("it has an address");
    let (mut poll, mut events) = (Poll::new().expect("a poll"), Events::with_capacity(4));
    let mut transport = Transport::connect(MediaTime::ZERO, &[address], SOCKETS, None);
    while transport.drive(MediaTime::ZERO, poll.registry()).expect("it connects") != Progress::Open
    {
        poll.poll(&mut events, None).expect("poll works");
    }
    let (mut peer, _) = listener.accept().expect("it is connected");
    let target = Target::parse("rtmp://127.0.0.1/live/k").expect("an address");
    let options = ClientOptions::new(target);
    let mut running = Running::start(MediaTime::ZERO, transport, options).expect("it starts");

    assert!(running.write_out(MediaTime::ZERO).expect("it is open"));
    peer.read_exact(&mut [0; 1_537]).expect("the greeting");
    peer.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").expect("the client listens");
    socket2::SockRef::from(&peer).set_linger(Some(Duration::ZERO)).expect("an option");
    drop(peer);

    // The answer and the reset are there before anything is read.
    while !events.iter().any(mio::event::Event::is_read_closed) {
        poll.poll(&mut events, None).expect("poll works");
    }
    let failure = running.write_failure(MediaTime::ZERO, transport::Error::Reset);
    let Failure::Session { error, .. } = &failure else { panic!("{failure:?}") };
    assert!(matches!(error.kind, ErrorKind::NotRtmp(_)), "{failure:?}");
}
