//! Our two sessions joined in virtual time, without a socket: a stream is
//! published, played on from there, and taken back.

#[path = "support/peer.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod peer;
mod session_support;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use peer::{Host, Script};
use session_support::{at, options, random, send_start, server_events};
use tallylight::media::MediaTime;
use tallylight::protocol::rtmp::State;
use tallylight::protocol::rtmp::auth::AuthMethod;
use tallylight::protocol::rtmp::client::{ClientOptions, ClientSession, Event};
use tallylight::protocol::rtmp::key::Credentials;
use tallylight::protocol::rtmp::message::MessageType;
use tallylight::protocol::rtmp::server::{
    Authentication, MediaKind, Rejection, ServerEvent, ServerOptions, ServerSession,
};
use tallylight::protocol::rtmp::url::Target;

/// How long a byte takes from one side to the other.
const LATENCY: Duration = Duration::from_millis(20);

/// Bytes on their way, each piece with the time of its arrival.
#[derive(Default)]
struct Link {
    pieces: VecDeque<(MediaTime, Vec<u8>)>,
}

impl Link {
    /// Takes at most `piece` bytes.
    fn send(&mut self, now: MediaTime, bytes: &[u8], piece: usize) -> usize {
        let taken = bytes.len().min(piece);
        if taken > 0 {
            self.pieces.push_back((now + LATENCY, bytes[..taken].to_vec()));
        }
        taken
    }

    fn arrived(&mut self, now: MediaTime) -> Option<Vec<u8>> {
        self.pieces.pop_front_if(|(time, _)| *time <= now).map(|(_, bytes)| bytes)
    }
}

/// A client and a server with a link between them.
struct Pair {
    now: MediaTime,
    client: ClientSession,
    server: ServerSession,
    up: Link,
    down: Link,
    /// Bytes that either socket takes at a time.
    piece: usize,
    events: Vec<Event>,
    server_events: Vec<ServerEvent>,
}

impl Pair {
    fn new(client: ClientOptions, server: ServerOptions) -> Self {
        Self {
            now: at(0),
            client: ClientSession::new(client, &random(1), at(0)),
            server: ServerSession::new(server, &random(2), at(0)),
            up: Link::default(),
            down: Link::default(),
            piece: usize::MAX,
            events: Vec::new(),
            server_events: Vec::new(),
        }
    }

    /// One millisecond: bytes leave, bytes arrive, deadlines pass, events are taken.
    fn step(&mut self) {
        loop {
            let taken = self.up.send(self.now, self.client.output(), self.piece);
            self.client.consume(self.now, taken);
            let back = self.down.send(self.now, self.server.output(), self.piece);
            self.server.consume(back);
            if taken + back == 0 {
                break;
            }
        }
        while let Some(mut bytes) = self.up.arrived(self.now) {
            let taken = self.server.read(self.now, &bytes).unwrap();
            if taken < bytes.len() {
                self.up.pieces.push_front((self.now, bytes.split_off(taken)));
                break;
            }
        }
        while let Some(bytes) = self.down.arrived(self.now) {
            self.client.read(self.now, &bytes).unwrap();
        }
        self.client.on_deadline(self.now).unwrap();
        self.server.on_deadline(self.now).unwrap();
        self.events.extend(std::iter::from_fn(|| self.client.poll_event()));
        self.server_events.extend(server_events(&mut self.server));
        self.now += Duration::from_millis(1);
    }

    fn run(&mut self, ms: u32) {
        (0..ms).for_each(|_| self.step());
    }

    /// Until the server's owner is asked to let the stream in; lets it.
    fn publish(&mut self) {
        self.run(400);
        let asked = self.server_events.iter().find_map(|event| match event {
            ServerEvent::PublishRequested { stream_id, app, key } => {
                Some((*stream_id, app.clone(), key.clone()))
            }
            _ => None,
        });
        let (stream_id, app, key) = asked.expect("the client asks to publish");
        assert_eq!((app.as_str(), key.expose()), ("live", "k3y-of-test"));
        self.server.accept_publish(stream_id).unwrap();
        self.run(100);
        assert!(self.events.contains(&Event::Live), "{:?}", self.events);
    }

    fn media(&self) -> Vec<(MediaKind, u32, Bytes)> {
        let media = self.server_events.iter().filter_map(|event| match event {
            ServerEvent::Media { kind, timestamp, payload, .. } => {
                Some((*kind, *timestamp, payload.clone()))
            }
            _ => None,
        });
        media.collect()
    }
}

/// The addresses of one part that MediaMTX documents, and an empty application.
#[test]
fn an_address_alone_or_a_key_alone_names_the_stream() {
    for (target, expected) in [
        (Target::without_key("rtmp://h/mystream"), ("mystream", "")),
        (Target::without_key("rtmp://h/mystream?user=a&pass=b"), ("mystream", "")),
        (Target::parse("rtmp://h//key?t=1"), ("", "key?t=1")),
        (Target::with_key("rtmp://h/", "k/1#x"), ("", "k/1#x")),
    ] {
        let client = ClientOptions::new(target.expect("it is right"));
        let mut pair = Pair::new(client, ServerOptions::default());
        pair.run(400);
        let asked = pair.server_events.iter().find_map(|event| match event {
            ServerEvent::PublishRequested { stream_id, app, key } => {
                assert_eq!((app.as_str(), key.expose()), expected);
                Some(*stream_id)
            }
            _ => None,
        });
        pair.server.accept_publish(asked.expect("the client asks to publish")).unwrap();
        pair.run(100);
        assert!(pair.events.contains(&Event::Live), "{expected:?}: {:?}", pair.events);
    }
}

fn publisher() -> ClientOptions {
    options("rtmp://media.example/live/k3y-of-test")
}

#[test]
fn publishes_and_takes_back() {
    let mut pair = Pair::new(publisher(), ServerOptions::default());
    pair.publish();
    send_start(&mut pair.client, pair.now, 30).unwrap();
    pair.run(100);

    let media = pair.media();
    assert_eq!(media.len(), 1 + 2 + 60);
    assert_eq!(media[0].0, MediaKind::Metadata);
    assert!(media[0].2.starts_with(b"\x02\0\x0aonMetaData\x08"));
    assert_eq!((media[1].0, &media[1].2[..]), (MediaKind::Audio, &[0xAF, 0, 0x11, 0x90][..]));
    assert_eq!((media[2].0, &media[2].2[..2]), (MediaKind::Video, &[0x17, 0][..]));
    assert_eq!(media[3].2.len(), 5 + 4 + 20_000);
    assert_eq!((media[61].1, media[62].1), (29 * 33, 29 * 33));

    pair.client.close(pair.now);
    pair.run(100);
    assert_eq!(pair.events.last(), Some(&Event::Closed));
    assert_eq!(pair.server_events.last(), Some(&ServerEvent::PublishEnded { stream_id: 1 }));
    assert_eq!((pair.client.state(), pair.server.state()), (State::Over, State::Creating));
}

#[test]
fn what_is_published_on_one_connection_is_played_on_another() {
    let mut pair = Pair::new(publisher(), ServerOptions::default());
    pair.publish();
    send_start(&mut pair.client, pair.now, 30).unwrap();
    pair.run(100);
    let mut player = Host::new();
    player.read(&Script::player("live", "k3y-of-test").take()).unwrap();
    for (kind, timestamp, payload) in pair.media() {
        player.session.send(1, kind, timestamp, &payload).unwrap();
    }
    let received = player.answers();
    let times: Vec<_> =
        received.iter().map(|m| (m.header.message_type, m.header.timestamp)).collect();
    let sent: Vec<_> = pair.media().iter().map(|(kind, t, _)| (message_type(*kind), *t)).collect();
    assert_eq!(times, sent);
    let bodies = received.iter().map(|message| &message.payload[..]);
    assert!(bodies.eq(pair.media().iter().map(|(_, _, payload)| &payload[..])));
}

fn message_type(kind: MediaKind) -> MessageType {
    match kind {
        MediaKind::Audio => MessageType::AUDIO,
        MediaKind::Video => MessageType::VIDEO,
        MediaKind::Metadata | MediaKind::Data => MessageType::DATA,
    }
}

#[test]
fn pieces_of_any_size_make_no_difference() {
    let run = |piece| {
        let mut pair = Pair::new(publisher(), ServerOptions::default());
        pair.piece = piece;
        pair.publish();
        send_start(&mut pair.client, pair.now, 3).unwrap();
        pair.run(100);
        pair.media()
    };
    let whole = run(usize::MAX);
    assert_eq!(whole.len(), 9);
    for piece in [1, 7, 128, 1000] {
        assert_eq!(run(piece), whole, "{piece} bytes at a time");
    }
}

#[test]
fn acknowledgements_tell_the_round_trip() {
    let mut pair = Pair::new(publisher(), ServerOptions::default());
    pair.publish();
    send_start(&mut pair.client, pair.now, 300).unwrap();
    pair.run(200);
    let news = pair.events.iter().find_map(|event| match event {
        Event::Acknowledged(news) => Some(*news),
        _ => None,
    });
    let delay = news.expect("the server acknowledges").delay.expect("the write is remembered");
    assert!((2 * LATENCY..3 * LATENCY).contains(&delay), "{delay:?}");
}

#[test]
fn a_name_in_use_is_refused_and_may_be_tried_again() {
    let mut pair = Pair::new(publisher(), ServerOptions::default());
    pair.run(400);
    pair.server.reject(1, &Rejection::name_in_use()).unwrap();
    let bytes = pair.server.output().to_vec();
    let error = pair.client.read(pair.now, &bytes).unwrap_err();
    assert_eq!(error.retry(), tallylight::protocol::rtmp::Retry::Backoff);
    assert_eq!(error.state, State::Publishing);
    assert!(error.to_string().contains("NetStream.Publish.BadName"), "{error}");
}

/// Connects again and again, as the events ask for, and gives the last client.
fn authenticate(method: AuthMethod, user: &str, password: &str) -> (usize, Pair, Option<String>) {
    let authentication =
        Authentication { method, credentials: Credentials::new("ann lee", "p:w"), secret: [7; 32] };
    let server = ServerOptions { authentication: Some(authentication), ..ServerOptions::default() };
    let mut options = publisher();
    options.url = options.url.with_credentials(Credentials::new(user, password));
    for connection in 1..=4 {
        let mut pair = Pair::new(options.clone(), server.clone());
        // Only the client may fail; the server closes in good order.
        let failed = drive_until_over(&mut pair);
        let round = pair.events.iter().find_map(|event| match event {
            Event::AuthRequired(round) => Some(round.clone()),
            _ => None,
        });
        match round {
            Some(round) => options = options.authenticating(round),
            None => return (connection, pair, failed),
        }
    }
    panic!("it never ends");
}

fn drive_until_over(pair: &mut Pair) -> Option<String> {
    for _ in 0..100 {
        let up = session_support::take_output(&mut pair.client, pair.now);
        pair.server.read(pair.now, &up).unwrap();
        let down = session_support::take_server_output(&mut pair.server);
        if let Err(error) = pair.client.read(pair.now, &down) {
            return Some(error.to_string());
        }
        pair.events.extend(session_support::events(&mut pair.client));
        pair.server_events.extend(server_events(&mut pair.server));
    }
    None
}

#[test]
fn both_kinds_of_authentication_let_the_right_user_in() {
    for method in [AuthMethod::Adobe, AuthMethod::Limelight] {
        let (connections, pair, failed) = authenticate(method, "ann lee", "p:w");
        assert_eq!((connections, failed), (3, None), "{method:?}");
        let asked = ServerEvent::Connected { app: "live".into() };
        assert_eq!(pair.server_events.first(), Some(&asked), "{method:?}");
        assert_eq!(pair.client.state(), State::Publishing);
    }
}

#[test]
fn a_wrong_user_or_password_is_told_so() {
    for method in [AuthMethod::Adobe, AuthMethod::Limelight] {
        let (connections, _, failed) = authenticate(method, "ann lee", "wrong");
        assert_eq!(connections, 3);
        assert!(failed.as_ref().is_some_and(|said| said.contains("password")), "{failed:?}");
        let (_, _, failed) = authenticate(method, "bob", "p:w");
        assert!(failed.as_ref().is_some_and(|said| said.contains("does not know")), "{failed:?}");
    }
}
