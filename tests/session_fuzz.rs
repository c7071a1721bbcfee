//! Damaged exchanges to both sessions, and damaged addresses: no panic, memory
//! bounded by what was sent, errors that say where, and the same result however
//! the bytes are cut.
//!
//! The inputs are the same in every run. Each target takes 20,000 of them, or as
//! many as the environment's `TALLYLIGHT_FUZZ_INPUTS` says: for millions, build
//! with `--release`.

#[path = "support/allocations.rs"]
#[allow(dead_code)]
mod allocations;
#[path = "support/exchange.rs"]
#[allow(dead_code)]
mod exchange;
#[path = "support/mutate.rs"]
mod mutate;
#[path = "support/peer.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod peer;
#[path = "support/random.rs"]
#[allow(dead_code)]
mod random;
mod session_support;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::OnceLock;

use peer::Script;
use random::Random;
use session_support::scripted::Scripted;
use session_support::{at, audio_packet, events, options, recording, server_events, video_packet};
use tallylight::protocol::amf0::{Properties, Value};
use tallylight::protocol::rtmp::State;
use tallylight::protocol::rtmp::auth::AuthMethod;
use tallylight::protocol::rtmp::chunk::{ChunkReader, ChunkWriter, Limits, MessageHeader};
use tallylight::protocol::rtmp::client::{ClientSession, Event};
use tallylight::protocol::rtmp::error::{Error, ErrorKind};
use tallylight::protocol::rtmp::handshake::{HANDSHAKE_SIZE, RANDOM_SIZE};
use tallylight::protocol::rtmp::key::Credentials;
use tallylight::protocol::rtmp::message::{
    MessageType, PeerBandwidthLimit, ProtocolControl, UserControl,
};
use tallylight::protocol::rtmp::server::{
    Authentication, MediaKind, Rejection, ServerEvent, ServerOptions, ServerSession,
};
use tallylight::protocol::rtmp::url::{RtmpUrl, Target, UrlError};

/// Longest damaged input, in bytes.
const MOST: usize = 6_000;

fn inputs() -> usize {
    match std::env::var("TALLYLIGHT_FUZZ_INPUTS") {
        Ok(count) => count.parse().expect("TALLYLIGHT_FUZZ_INPUTS is a number"),
        Err(_) => 20_000,
    }
}

/// Messages of one direction, after the handshake.
type Messages = Vec<(MessageHeader, Vec<u8>)>;

/// Exchanges to be damaged, as messages and as bytes.
struct Seeds {
    messages: Vec<Messages>,
    bytes: Vec<Vec<u8>>,
    /// Bodies, which lend pieces to each other.
    bodies: Vec<Vec<u8>>,
}

impl Seeds {
    fn new(exchanges: Vec<Vec<u8>>) -> Self {
        let messages: Vec<Messages> = exchanges.iter().map(|bytes| messages_of(bytes)).collect();
        let bodies = messages.iter().flatten().map(|(_, body)| body.clone()).collect();
        Self { messages, bytes: exchanges, bodies }
    }

    /// A damaged exchange: its bytes, or the bodies of its messages and their
    /// order. Damage to bytes mostly ends in the chunk reader; damage to bodies
    /// comes further.
    fn damaged(&self, random: &mut Random) -> Vec<u8> {
        let mut bytes = if random.one_in(2) {
            let mut bytes = random.pick(&self.bytes).clone();
            mutate::mutate(&mut bytes, &self.bytes, MOST, random);
            bytes
        } else {
            self.rewritten(random)
        };
        bytes.truncate(MOST);
        bytes
    }

    fn rewritten(&self, random: &mut Random) -> Vec<u8> {
        let mut messages = random.pick(&self.messages).clone();
        for _ in 0..1 + random.below(3) {
            let at = random.below(messages.len());
            match random.below(6) {
                0 => {
                    let other = random.pick(&self.messages);
                    messages.insert(at, random.pick(other).clone());
                }
                1 if messages.len() > 1 => drop(messages.remove(at)),
                2 => messages[at].0.message_type = MessageType(random.below(24) as u8),
                _ => mutate::mutate(&mut messages[at].1, &self.bodies, 3_000, random),
            }
        }
        let mut bytes = Vec::new();
        let mut writer = ChunkWriter::new();
        for (header, body) in &messages {
            let _ = writer.write(header, &[body], &mut bytes);
        }
        bytes
    }
}

fn messages_of(bytes: &[u8]) -> Messages {
    let mut reader = ChunkReader::new(Limits::SERVER);
    let mut input = bytes;
    let mut messages = Vec::new();
    while let Some(message) = reader.read(&mut input).expect("the seed is whole") {
        // Rewritten exchanges keep chunks of 128 bytes.
        if message.header.message_type != MessageType::SET_CHUNK_SIZE {
            messages.push((message.header, message.payload.to_vec()));
        }
    }
    messages
}

/// Checks damaged exchanges; one that fails is printed.
fn fuzz(seeds: &Seeds, seed: u64, mut check: impl FnMut(&[u8], &mut Random)) {
    let mut random = Random::new(seed);
    for index in 0..inputs() {
        let input = seeds.damaged(&mut random);
        let checked = catch_unwind(AssertUnwindSafe(|| check(&input, &mut random)));
        if let Err(failure) = checked {
            eprintln!("input {index}: {input:02X?}");
            resume_unwind(failure);
        }
    }
}

/// Every error says what was being done and where.
fn check_error(error: &Error, fed: usize) {
    assert!(error.offset <= fed as u64, "{error}");
    let text = error.to_string();
    assert!(text.contains(&error.state.to_string()), "{text}");
    assert!(text.contains(&format!("byte {}", error.offset)), "{text}");
    assert_ne!(error.state, State::Over, "{text}");
    assert!(text.len() < 4_000, "{} bytes of error", text.len());
}

/// What may be allocated for an input: values take more room in memory than on
/// the wire, and everything else is small.
fn check_memory(peak: usize, fed: usize) {
    assert!(peak < (256 << 10) + 200 * fed, "{peak} bytes for {fed}");
}

mod client_side {
    use super::*;

    fn seeds() -> &'static Seeds {
        static SEEDS: OnceLock<Seeds> = OnceLock::new();
        SEEDS.get_or_init(|| {
            let names = ["nginx_publish", "nginx_busy", "ffmpeg_listen_publish"];
            let mut all: Vec<_> =
                names.iter().map(|name| recording(name)[HANDSHAKE_SIZE..].to_vec()).collect();
            all.extend([live_server(), moving_server(), asking_server()]);
            Seeds::new(all)
        })
    }

    /// One that says all it can to a stream that runs.
    fn live_server() -> Vec<u8> {
        let mut peer = Scripted::new();
        peer.control(ProtocolControl::WindowAcknowledgementSize(1_000));
        let limit = PeerBandwidthLimit::DYNAMIC;
        peer.control(ProtocolControl::SetPeerBandwidth { window_size: 5_000, limit });
        peer.result(
            1.0,
            &[Value::Null, Properties::new().with("code", "NetConnection.Connect.Success").into()],
        );
        peer.values(&["onBWDone".into(), 0.0.into(), Value::Null]);
        peer.result(4.0, &[Value::Null, 1.0.into()]);
        peer.on_status("status", "NetStream.Publish.Start", "go");
        peer.user_control(&UserControl::PingRequest { timestamp: 9 });
        peer.control(ProtocolControl::Acknowledgement { sequence_number: 500 });
        peer.on_status("warning", "NetStream.Publish.Idle", "wake up");
        peer.values(&["_onbwcheck".into(), 8.0.into(), Value::Null, "x".into()]);
        peer.on_status("status", "NetConnection.Connect.ReconnectRequest", "move");
        peer.values(&["close".into(), 0.0.into(), Value::Null]);
        peer.bytes
    }

    fn moving_server() -> Vec<u8> {
        let mut peer = Scripted::new();
        let ex =
            Properties::new().with("code", 302.0).with("redirect", "rtmp://b.example:1/app?x=1");
        let info = Properties::new()
            .with("level", "error")
            .with("code", "NetConnection.Connect.Rejected")
            .with("description", "moved")
            .with("ex", ex);
        peer.answer("_error", 1.0, &[Value::Null, info.into()]);
        peer.bytes
    }

    fn asking_server() -> Vec<u8> {
        let mut peer = Scripted::new();
        let text = "[ AccessManager.Reject ] : [ authmod=adobe ] : \
                    ?reason=needauth&user=u&salt=S==&challenge=C==&opaque=O==";
        let info = Properties::new()
            .with("level", "error")
            .with("code", "NetConnection.Connect.Rejected")
            .with("description", text);
        peer.answer("_error", 1.0, &[Value::Null, info.into()]);
        peer.bytes
    }

    fn handshaken() -> ClientSession {
        let options = options("rtmp://u:p@media.example/live/k3y-of-test");
        let mut client = ClientSession::new(options, &[7; RANDOM_SIZE], at(0));
        let hello: [u8; HANDSHAKE_SIZE] = std::array::from_fn(|i| if i == 0 { 3 } else { 5 });
        client.read(at(1), &hello).expect("the handshake is right");
        let count = client.output().len();
        client.consume(at(1), count);
        client
    }

    /// What comes of an input, fed in these pieces, and how much was allocated.
    fn outcome(pieces: &[&[u8]]) -> (Vec<Event>, Option<Error>, usize) {
        let mut client = handshaken();
        let (error, usage) = allocations::measure(|| {
            pieces.iter().find_map(|piece| client.read(at(2), piece).err())
        });
        assert!(error.is_none() || client.state() == State::Over);
        (events(&mut client), error, usage.peak_bytes)
    }

    /// An owner that takes events, sends media, lets time pass and closes.
    fn live_with(input: &[u8], random: &mut Random) -> Result<(), Error> {
        let mut client = handshaken();
        let mut now = 2;
        for piece in input.chunks(1 + random.below(600)) {
            now += random.below(500) as i64;
            client.read(at(now), piece)?;
            client.on_deadline(at(now))?;
            if client.state() == State::Live {
                let packets = [video_packet(now, true, 300), audio_packet(now, 30)];
                client.send_packet(at(now), now as u32, 0, random.pick(&packets))?;
            }
            let count = random.below(client.output().len() + 1);
            client.consume(at(now), count);
            events(&mut client);
            if random.one_in(50) {
                client.close(at(now));
            }
        }
        client.peer_closed(at(now))
    }

    #[test]
    fn damaged_answers() {
        let mut live = 0;
        let mut errors = 0;
        fuzz(seeds(), 0x5E55, |input, random| {
            let (events, error, peak) = outcome(&[input]);
            let fed = HANDSHAKE_SIZE + input.len();
            check_memory(peak, input.len());
            if let Some(error) = &error {
                check_error(error, fed);
            }
            if random.one_in(4) {
                let (a, b) = (random.below(input.len() + 1), random.below(input.len() + 1));
                let (a, b) = (a.min(b), a.max(b));
                let again = outcome(&[&input[..a], &input[a..b], &input[b..]]);
                let flooded = |error: &Option<Error>| {
                    error.as_ref().is_some_and(|error| error.kind == ErrorKind::Flooded)
                };
                if !flooded(&error) && !flooded(&again.1) {
                    assert_eq!((&events, &error), (&again.0, &again.1), "cut at {a} and {b}");
                }
            }
            if random.one_in(4)
                && let Err(error) = live_with(input, random)
            {
                check_error(&error, fed);
            }
            live += usize::from(events.contains(&Event::Live));
            errors += usize::from(error.is_some());
        });
        assert!(live > inputs() / 10, "{live} still go live");
        assert!(errors > inputs() / 10, "{errors} end in an error");
    }
}

mod server_side {
    use super::*;

    fn seeds() -> &'static Seeds {
        static SEEDS: OnceLock<Seeds> = OnceLock::new();
        SEEDS.get_or_init(|| {
            let recorded = exchange::NAMES
                .iter()
                .map(|name| whole_messages(&exchange::chunks(name, "client")));
            let mut all: Vec<_> = recorded.collect();
            all.push(busy_client());
            Seeds::new(all)
        })
    }

    /// The start of a recording, up to a message's end.
    fn whole_messages(bytes: &[u8]) -> Vec<u8> {
        let mut reader = ChunkReader::new(Limits::SERVER);
        let mut input = &bytes[..bytes.len().min(MOST)];
        let mut end = 0;
        let total = input.len();
        while reader.read(&mut input).expect("the recording is lawful").is_some() {
            end = total - input.len();
        }
        bytes[..end].to_vec()
    }

    /// One that asks for everything there is.
    fn busy_client() -> Vec<u8> {
        let mut script = Script::new();
        let object = Properties::new()
            .with("app", "live?authmod=adobe&user=u&challenge=C&response=R&opaque=O")
            .with("tcUrl", "rtmp://h/live")
            .with("capsEx", 1.0);
        script.control(ProtocolControl::WindowAcknowledgementSize(2_000));
        script.connect(&object);
        script.command(0, "createStream", 2.0, &[Value::Null]);
        script.command(1, "publish", 0.0, &[Value::Null, "k?x=1".into(), "live".into()]);
        let metadata = b"\x02\0\x0d@setDataFrame\x02\0\x0aonMetaData\x08\0\0\0\0\0\0\x09";
        script.message(5, MessageType::DATA, 1, 0, metadata);
        script.video(0, &[0x17, 0, 0, 0, 0, 1, 2, 3]);
        script.audio(0, &[0xAF, 0, 0x11, 0x90]);
        let aggregate = b"\x08\0\0\x02\0\0\x01\0\0\0\0\xAF\x01\0\0\0\x0d\
                          \x09\0\0\x02\0\0\x05\0\0\0\0\x17\x01\0\0\0\x0d";
        script.message(6, MessageType::AGGREGATE, 1, 40, aggregate);
        script.user_control(&UserControl::PingRequest { timestamp: 4 });
        script.command(0, "createStream", 3.0, &[Value::Null]);
        script.command(2, "play", 0.0, &[Value::Null, "k".into(), (-2.0).into()]);
        script.command(2, "pause", 0.0, &[Value::Null, true.into(), 0.0.into()]);
        script.command(2, "receiveVideo", 0.0, &[Value::Null, false.into()]);
        script.command(0, "FCUnpublish", 4.0, &[Value::Null, "k".into()]);
        script.command(0, "deleteStream", 0.0, &[Value::Null, 1.0.into()]);
        script.take()
    }

    fn handshaken(random: &mut Random) -> ServerSession {
        let mut options = ServerOptions::default();
        if random.one_in(4) {
            let method = *random.pick(&[AuthMethod::Adobe, AuthMethod::Limelight]);
            let credentials = Credentials::new("u", "p");
            options.authentication = Some(Authentication { method, credentials, secret: [1; 32] });
        }
        let mut server = ServerSession::new(options, &[7; RANDOM_SIZE], at(0));
        let hello: [u8; HANDSHAKE_SIZE] = std::array::from_fn(|i| if i == 0 { 3 } else { 5 });
        server.read(at(1), &hello).expect("the handshake is right");
        let count = server.output().len();
        server.consume(count);
        server
    }

    /// An owner that lets everything in, or not, and plays what is published.
    fn serve(input: &[u8], random: &mut Random, media: &mut usize) -> Result<(), Error> {
        let mut server = handshaken(random);
        let mut now = 2;
        for piece in input.chunks(1 + random.below(200)) {
            now += random.below(500) as i64;
            let mut rest = piece;
            while !rest.is_empty() {
                rest = &rest[server.read(at(now), rest)?..];
                for event in server_events(&mut server) {
                    *media += usize::from(matches!(event, ServerEvent::Media { .. }));
                    on_event(&mut server, event, random)?;
                }
            }
            server.on_deadline(at(now))?;
            let count = random.below(server.output().len() + 1);
            server.consume(count);
            if random.one_in(100) {
                server.close(at(now));
            }
        }
        server.peer_closed();
        Ok(())
    }

    fn on_event(
        server: &mut ServerSession,
        event: ServerEvent,
        random: &mut Random,
    ) -> Result<(), Error> {
        match event {
            ServerEvent::PublishRequested { stream_id, .. }
            | ServerEvent::PlayRequested { stream_id, .. }
                if random.one_in(8) =>
            {
                server.reject(stream_id, &Rejection::name_in_use())
            }
            ServerEvent::PublishRequested { stream_id, .. } => server.accept_publish(stream_id),
            ServerEvent::PlayRequested { stream_id, .. } => {
                server.accept_play(stream_id)?;
                server.send(stream_id, MediaKind::Video, 40, &vec![0x17, 1, 0, 0, 0].into())?;
                if random.one_in(2) { server.end_play(stream_id) } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }

    #[test]
    fn damaged_requests() {
        let mut media = 0;
        let mut errors = 0;
        fuzz(seeds(), 0x5E4E, |input, random| {
            let fed = HANDSHAKE_SIZE + input.len();
            let (result, usage) = allocations::measure(|| serve(input, random, &mut media));
            check_memory(usage.peak_bytes, fed);
            if let Err(error) = &result {
                check_error(error, fed);
            }
            errors += usize::from(result.is_err());
        });
        assert!(media > inputs(), "{media} messages still come through");
        assert!(errors > inputs() / 10, "{errors} end in an error");
    }
}

mod addresses {
    use super::*;

    const SEEDS: &[&str] = &[
        "rtmp://127.0.0.1/live/k",
        "rtmps://user:pa%20ss@a.rtmps.example:443/live2?backup=1/abcd-efgh?token=1",
        "rtmp://[fe80::1%eth0]:1935/a/b/c?d=e/f#g",
        "rtmp://h/live-bvc/?streamname=live_1&key=2&schedule=rtmp",
        " \"rtmp://h/app/k\"\r\n",
        "live.example.com:443/app/k",
        "rtmpt://h/app/k",
        "\u{feff}rtmp://höst.example/äpp/kéy",
        "rtmp://an:pa/ss@h//a#b/c@d live=1",
        "rtmp://h//key#x",
    ];

    /// An address that was read says the same when it is read again.
    fn check(target: &Target) {
        let url = &target.url;
        assert!(!url.host().is_empty() && url.port() > 0);
        assert!(url.tc_url().ends_with(url.app()));
        assert_eq!(url.tc_url().starts_with("rtmps://"), url.tls());
        let again = RtmpUrl::parse(url.tc_url()).expect("a tcUrl is an address");
        let same = (again.host(), again.port(), again.app(), again.tc_url());
        assert_eq!(same, (url.host(), url.port(), url.app(), url.tc_url()));
        assert!(again.credentials().is_none());
        assert_eq!(target.to_string(), format!("{url}/…"), "nothing of the key is printed");
    }

    #[test]
    fn damaged_addresses() {
        let seeds: Vec<Vec<u8>> = SEEDS.iter().map(|seed| seed.as_bytes().to_vec()).collect();
        let mut random = Random::new(0xADD2);
        let mut read = 0;
        for index in 0..inputs() {
            let mut bytes = random.pick(&seeds).clone();
            mutate::mutate(&mut bytes, &seeds, 300, &mut random);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let checked = catch_unwind(|| {
                let (parsed, usage) = allocations::measure(|| Target::parse(&text));
                assert!(usage.peak_bytes < 64 * (text.len() + 64), "{usage:?}");
                let _ = Target::with_key(&text, &text).map(|target| check(&target));
                let base = RtmpUrl::parse("rtmp://media.example/live").expect("it is right");
                let _ = base.redirected(&text);
                parsed.map(|target| check(&target)).map_err(|error: UrlError| error.to_string())
            });
            match checked {
                Ok(Ok(())) => read += 1,
                Ok(Err(said)) => assert!(!said.is_empty() && said.len() < 600, "{said}"),
                Err(failure) => {
                    eprintln!("input {index}: {text:?}");
                    resume_unwind(failure);
                }
            }
        }
        assert!(read > inputs() / 10, "{read} are still addresses");
    }
}
