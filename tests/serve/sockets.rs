//! The built-in server over real sockets, with clients written out by hand: what they
//! are told, who is dropped, how it stops.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use super::peer::{Listener, Received, Script};
use super::tools::{PATIENCE, wait_until};
use super::witness::Witness;
use super::{config, peer, server};
use socket2::{Domain, Socket, Type};
use tallylight::protocol::amf0::Value;
use tallylight::protocol::rtmp::message::{MessageType, UserControl};
use tallylight::serve::{Config, Error, HubLimits, PlayerLimits, Server};

/// A client over a socket.
pub struct Client {
    pub socket: TcpStream,
    listener: Listener,
    pub heard: Vec<Received>,
}

impl Client {
    pub fn connect(server: &Server) -> Self {
        Self::over(TcpStream::connect(server.local_addr()).expect("the server listens"))
    }

    /// One whose system takes only a little for it.
    pub fn with_small_buffer(server: &Server) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.set_recv_buffer_size(8 << 10).expect("a small buffer is allowed");
        socket.connect(&server.local_addr().into()).expect("the server listens");
        Self::over(socket.into())
    }

    pub fn over(socket: TcpStream) -> Self {
        socket.set_read_timeout(Some(Duration::from_millis(20))).expect("it is not zero");
        socket.set_nodelay(true).expect("TCP can do that");
        Self { socket, listener: Listener::new(), heard: Vec::new() }
    }

    pub fn say(&mut self, script: &mut Script) {
        self.socket.write_all(&script.take()).expect("the server takes what we say");
    }

    /// Reads for a moment; false at the end of the connection.
    pub fn hear(&mut self) -> bool {
        let mut buffer = [0; 64 << 10];
        match self.socket.read(&mut buffer) {
            Ok(0) => false,
            Ok(count) => {
                self.heard.extend(self.listener.hear(&buffer[..count]));
                true
            }
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }

    /// Reads until something like that was heard.
    pub fn wait_for(&mut self, what: &str) {
        wait_until(what, || {
            let goes_on = self.hear();
            let is_heard = self.heard.iter().any(|received| received.what() == what);
            assert!(goes_on || is_heard, "closed before {what}: {:?}", peer::what(&self.heard));
            is_heard
        });
    }

    pub fn wait_for_end(&mut self) {
        wait_until("the connection ends", || !self.hear());
    }

    pub fn publisher(server: &Server, key: &str) -> (Self, Script) {
        let mut client = Self::connect(server);
        let mut script = Script::publisher("live", key);
        client.say(&mut script);
        client.wait_for("onStatus NetStream.Publish.Start");
        (client, script)
    }

    pub fn player(server: &Server, key: &str) -> Self {
        let mut client = Self::connect(server);
        client.say(&mut Script::player("live", key));
        client.wait_for("onStatus NetStream.Play.Start");
        client
    }

    /// The times of the pictures heard so far.
    pub fn pictures(&self) -> Vec<u32> {
        let video = self.heard.iter().filter(|r| r.header.message_type == MessageType::VIDEO);
        video.map(|received| received.header.timestamp).collect()
    }
}

/// A picture of some bytes.
pub fn picture(keyframe: bool, length: usize) -> Vec<u8> {
    let mut body = vec![if keyframe { 0x17 } else { 0x27 }, 1, 0, 0, 0];
    body.resize(length, 0x5A);
    body
}

#[test]
fn a_slow_player_is_dropped_by_time_while_others_go_on() {
    let quick = PlayerLimits { time: Duration::from_millis(200), ..PlayerLimits::default() };
    let server = Server::start(Config {
        stall_limit: Duration::from_secs(3),
        send_buffer: 64 << 10,
        hub: HubLimits { player: quick, ..HubLimits::default() },
        ..config()
    })
    .expect("a free port");
    let (mut publisher, mut script) = Client::publisher(&server, "k3y");
    let mut fast = Client::player(&server, "k3y");
    let mut slow = Client::with_small_buffer(&server);
    slow.say(&mut Script::player("live", "k3y"));
    wait_until("both play", || server.status().players == 2);
    let mut sent = 0;
    wait_until("the slow one is closed", || {
        let keyframe = sent % 10 == 0;
        script.video(sent * 40, &picture(keyframe, 20_000));
        publisher.say(&mut script);
        sent += 1;
        wait_until("the fast one sees it", || {
            assert!(fast.hear());
            fast.pictures().len() == sent as usize
        });
        server.status().stalled_players == 1
    });
    let status = server.status();
    assert_eq!((status.players, status.publishers), (1, 1));
    assert!(status.missed_pictures > 0, "it missed pictures before that: {status:?}");
    let expected: Vec<_> = (0..sent).map(|n| n * 40).collect();
    assert_eq!(fast.pictures(), expected, "the fast one missed nothing");
}

#[test]
fn a_player_that_falls_behind_goes_on_with_a_keyframe() {
    let quick = PlayerLimits { time: Duration::from_millis(100), ..PlayerLimits::default() };
    let hub = HubLimits { player: quick, ..HubLimits::default() };
    let server =
        Server::start(Config { send_buffer: 32 << 10, hub, ..config() }).expect("a free port");
    let (mut publisher, mut script) = Client::publisher(&server, "k3y");
    let mut slow = Client::with_small_buffer(&server);
    slow.say(&mut Script::player("live", "k3y"));
    wait_until("it plays", || server.status().players == 1);
    let mut sent = 0;
    wait_until("it misses pictures", || {
        script.video(sent * 40, &picture(sent % 10 == 0, 20_000));
        publisher.say(&mut script);
        sent += 1;
        server.status().missed_pictures > 20
    });
    // It reads again: what was under way, and then from a keyframe on.
    wait_until("it sees a new keyframe", || {
        script.video(sent * 40, &picture(sent % 10 == 0, 20_000));
        publisher.say(&mut script);
        sent += 1;
        assert!(slow.hear());
        let times = slow.pictures();
        let gap = times.windows(2).position(|pair| pair[1] - pair[0] > 40);
        gap.is_some_and(|at| {
            assert_eq!(times[at + 1] % 400, 0, "it goes on with a keyframe: {times:?}");
            true
        })
    });
}

#[test]
fn a_player_waits_for_the_publisher_and_is_told_when_nobody_comes() {
    let hub = HubLimits { play_wait: Duration::from_millis(300), ..HubLimits::default() };
    let server = Server::start(Config { hub, ..config() }).expect("a free port");
    let mut player = Client::player(&server, "k3y");
    player.wait_for("onStatus NetStream.Play.StreamNotFound");
    player.wait_for_end();
    wait_until("it is gone", || server.status().connections == 0);
    assert!(server.status().streams.is_empty());
}

#[test]
fn goodbyes_and_losses_are_told_apart() {
    let hub = HubLimits { publisher_grace: Duration::from_millis(400), ..HubLimits::default() };
    let server = Server::start(Config { hub, ..config() }).expect("a free port");
    let mut player = Client::player(&server, "k3y");

    let (publisher, _) = Client::publisher(&server, "k3y");
    player.wait_for("onStatus NetStream.Play.PublishNotify");
    drop(publisher);
    player.wait_for("StreamDry");
    player.wait_for("onStatus NetStream.Play.UnpublishNotify");

    player.heard.clear();
    let (mut publisher, mut script) = Client::publisher(&server, "k3y");
    player.wait_for("onStatus NetStream.Play.PublishNotify");
    script.command(0, "FCUnpublish", 6.0, &[Value::Null, "k3y".into()]);
    publisher.say(&mut script);
    publisher.wait_for("onStatus NetStream.Unpublish.Success");
    player.wait_for("onStatus NetStream.Play.UnpublishNotify");
}

#[test]
fn players_of_a_publisher_that_falls_silent_are_told_before_it_is_given_up() {
    let mut config = config();
    (config.silence_limit, config.hub.publisher_grace) = (Duration::ZERO, Duration::ZERO);
    config.session.timeouts.ping = Duration::from_millis(300);
    config.session.timeouts.pong = Duration::from_millis(600);
    let server = Server::start(config).expect("a free port");
    let (mut publisher, _) = Client::publisher(&server, "k3y");
    let mut player = Client::player(&server, "k3y");
    player.wait_for("onStatus NetStream.Play.UnpublishNotify");
    let said = peer::what(&player.heard);
    let first = |what: &str| said.iter().position(|said| said == what);
    assert!(first("StreamDry").is_some() && first("StreamDry") < first("StreamEof"), "{said:?}");
    publisher.wait_for("PingRequest");
}

#[test]
fn a_name_is_taken_while_it_is_published_and_free_again() {
    // The first says nothing, and is not to be taken for lost.
    let patient = Config { silence_limit: Duration::from_secs(60), ..config() };
    let server = Server::start(patient).expect("a free port");
    let (first, _) = Client::publisher(&server, "k3y");
    let mut second = Client::connect(&server);
    // However the path is divided, it is the same stream.
    let mut script = Script::publisher("live?user=x", "k3y?token=2");
    second.say(&mut script);
    second.wait_for("onStatus NetStream.Publish.BadName");
    drop(first);
    wait_until("the first is gone", || server.status().publishers == 0);
    script.command(1, "publish", 9.0, &[Value::Null, "k3y".into(), "live".into()]);
    second.say(&mut script);
    second.wait_for("onStatus NetStream.Publish.Start");
    let mut nameless = Client::connect(&server);
    nameless.say(&mut Script::publisher("", ""));
    nameless.wait_for("onStatus NetStream.Publish.Rejected");
}

#[test]
fn a_publisher_that_fell_silent_makes_room_for_itself() {
    let limit = Duration::from_secs(3);
    let server = Server::start(Config { silence_limit: limit, ..config() }).expect("a free port");
    let (mut lost, _) = Client::publisher(&server, "k3y");
    let mut again = Client::connect(&server);
    let mut script = Script::publisher("live", "k3y");
    again.say(&mut script);
    again.wait_for("onStatus NetStream.Publish.BadName");
    std::thread::sleep(limit);
    again.heard.clear();
    script.command(1, "publish", 9.0, &[Value::Null, "k3y".into(), "live".into()]);
    // What comes behind the request waits with it.
    script.video(7, &picture(true, 300));
    again.say(&mut script);
    lost.wait_for("PingRequest");
    again.wait_for("onStatus NetStream.Publish.Start");
    assert_eq!(server.status().publishers, 1);
    lost.wait_for("onStatus NetStream.Publish.BadName");
    lost.wait_for_end();
    let mut player = Client::player(&server, "k3y");
    wait_until("the picture arrives", || player.hear() && player.pictures() == [0]);
}

#[test]
fn a_name_is_not_given_to_one_who_waited_too_long_for_it() {
    let mut config = Config { silence_limit: Duration::ZERO, ..config() };
    config.session.timeouts.reply = Duration::from_millis(500);
    let server = Server::start(config).expect("a free port");
    let (mut holder, mut script) = Client::publisher(&server, "k3y");
    let mut late = Client::connect(&server);
    late.say(&mut Script::publisher("live", "k3y"));
    holder.wait_for("PingRequest");
    let asked = Instant::now();
    late.wait_for_end();
    // Whoever is silent for so long loses the name to one who still wants it.
    wait_until("the time to answer is over", || {
        assert!(holder.hear(), "it loses the name to nobody");
        asked.elapsed() > Duration::from_secs(3)
    });
    assert_eq!(server.status().publishers, 1);
    script.video(0, &picture(true, 300));
    holder.say(&mut script);
    let mut player = Client::player(&server, "k3y");
    wait_until("the picture arrives", || player.hear() && player.pictures() == [0]);
}

#[test]
fn a_publisher_that_is_silent_and_there_keeps_its_name() {
    let limit = Duration::from_millis(300);
    let server = Server::start(Config { silence_limit: limit, ..config() }).expect("a free port");
    let (mut first, mut script) = Client::publisher(&server, "k3y");
    std::thread::sleep(limit);
    let mut second = Client::connect(&server);
    second.say(&mut Script::publisher("live", "k3y"));
    first.wait_for("PingRequest");
    script.user_control(&UserControl::PingResponse { timestamp: 0 });
    first.say(&mut script);
    second.wait_for("onStatus NetStream.Publish.BadName");
    assert_eq!(server.status().publishers, 1);
}

#[test]
fn a_player_that_reads_is_alive_whether_it_answers_pings_or_not() {
    let mut config = config();
    config.session.timeouts.ping = Duration::from_millis(300);
    config.session.timeouts.pong = Duration::from_millis(300);
    config.hub.play_wait = Duration::from_millis(1500);
    let server = Server::start(config).expect("a free port");
    let (mut publisher, mut script) = Client::publisher(&server, "k3y");
    let mut player = Client::player(&server, "k3y");
    for n in 0..70 {
        script.video(n * 40, &picture(n == 0, 300));
        publisher.say(&mut script);
        assert!(player.hear());
        std::thread::sleep(Duration::from_millis(30));
    }
    assert_eq!(server.status().players, 1);
    // One that waits may do so for as long as it was promised.
    let mut idle = Client::player(&server, "nobody");
    idle.wait_for("onStatus NetStream.Play.StreamNotFound");
    let pings = idle.heard.iter().filter(|received| received.what() == "PingRequest").count();
    assert!(pings >= 3, "it was pinged meanwhile: {pings}");
    idle.wait_for_end();
}

#[test]
fn status_tells_who_is_there_and_no_names() {
    let server = server();
    assert_eq!(server.status(), tallylight::serve::Status::default());
    let (mut publisher, mut script) = Client::publisher(&server, "s3cret");
    let _player = Client::player(&server, "s3cret");
    script.video(0, &picture(true, 50_000));
    publisher.say(&mut script);
    wait_until("it passes through", || server.status().bytes_out > 50_000);
    let status = server.status();
    assert_eq!((status.connections, status.publishers, status.players), (2, 1, 1));
    assert!(status.bytes_in > 50_000);
    let [stream] = &status.streams[..] else { panic!("{status:?}") };
    assert_eq!((stream.label.as_str(), stream.published, stream.players), ("live/…", true, 1));
    assert!(!format!("{status:?} {server:?}").contains("s3cret"));
}

#[test]
fn a_browser_reads_why_it_is_in_the_wrong_place() {
    let server = server();
    let mut socket = TcpStream::connect(server.local_addr()).expect("the server listens");
    socket.set_read_timeout(Some(PATIENCE)).expect("it is not zero");
    socket.write_all(b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n").expect("the server takes it");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("the answer comes, and then the end");
    assert!(answer.starts_with("HTTP/1.0 400") && answer.contains("RTMP server"), "{answer}");
}

#[test]
fn a_refusal_reaches_those_who_close_their_side_at_once() {
    let server = server();
    let tls = [0x16, 3, 1, 2, 0, 1];
    for (hello, refusal) in
        [(&b"GET / HTTP/1.1\r\n\r\n"[..], &b"HTTP/1.0 400"[..]), (&tls, &[21, 3, 3])]
    {
        let mut socket = TcpStream::connect(server.local_addr()).expect("the server listens");
        socket.set_read_timeout(Some(PATIENCE)).expect("it is not zero");
        socket.write_all(hello).expect("the server takes it");
        socket.shutdown(std::net::Shutdown::Write).expect("it is open");
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).expect("the answer comes, and then the end");
        assert!(answer.starts_with(refusal), "{answer:?}");
    }
    let mut long = Client::connect(&server);
    long.say(&mut Script::publisher("live", &"k".repeat(2000)));
    long.socket.shutdown(std::net::Shutdown::Write).expect("it is open");
    long.wait_for("onStatus NetStream.Publish.Rejected");
    wait_until("all have gone", || server.status().connections == 0);
}

#[test]
fn stopping_tells_everyone_and_does_not_wait_for_those_who_read_nothing() {
    let server = server();
    let (mut publisher, mut script) = Client::publisher(&server, "k3y");
    let mut player = Client::player(&server, "k3y");
    let mut deaf = Client::with_small_buffer(&server);
    deaf.say(&mut Script::player("live", "k3y"));
    wait_until("both play", || server.status().players == 2);
    for n in 0..100 {
        script.video(n * 40, &picture(n == 0, 50_000));
        publisher.say(&mut script);
    }
    wait_until("all of it is on its way", || {
        assert!(player.hear());
        player.pictures().len() == 100
    });
    let address = server.local_addr();
    let begun = Witness::start();
    server.stop();
    // Half a second is what clients that read nothing are given.
    assert!(begun.elapsed() < Duration::from_millis(1_500), "{:?}", begun.elapsed());
    player.wait_for("onStatus NetStream.Play.Stop");
    player.wait_for_end();
    publisher.wait_for_end();
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[test]
fn dropping_it_stops_it() {
    let server = server();
    let address = server.local_addr();
    drop(server);
    assert!(TcpStream::connect(address).is_err());
    let again = Server::start(Config { listen: address, ..config() });
    assert!(again.is_ok(), "the address is free at once");
}

#[test]
fn an_address_that_cannot_be_had_is_an_error_in_words() {
    let other = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = other.local_addr().expect("it is bound");
    let said = |listen: SocketAddr| {
        let error = Server::start(Config { listen, ..config() }).expect_err("it can't be had");
        assert!(matches!(&error, Error::Listen { address, .. } if *address == listen));
        error.to_string()
    };
    let expected = format!("can't listen on {taken}: another program is listening there already");
    assert_eq!(said(taken), expected);
    let elsewhere = "203.0.113.1:1935".parse().expect("an address");
    assert!(said(elsewhere).ends_with("this computer does not have that address"));
}
