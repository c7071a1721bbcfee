//! Damaged bytes to the server session: no panic, bounded memory, the same result
//! however the bytes are cut, and answers that can be read.
//!
//! The inputs are the same in every run: 20,000, or as many as the environment's
//! `TALLYLIGHT_FUZZ_INPUTS` says. For millions, build with `--release`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::allocations;
use super::exchange::{self, Owned};
use super::mutate::mutate;
use super::peer::{Script, at};
use super::random::Random;
use tallylight::protocol::amf0::{Encoder, Properties, Value};
use tallylight::protocol::rtmp::Error;
use tallylight::protocol::rtmp::chunk::{ChunkReader, Limits};
use tallylight::protocol::rtmp::handshake::{HANDSHAKE_SIZE, PACKET_SIZE, RANDOM_SIZE};
use tallylight::protocol::rtmp::message::{MessageType, ProtocolControl, UserControl};
use tallylight::protocol::rtmp::server::{
    MediaKind, Rejection, ServerEvent, ServerOptions, ServerSession,
};

/// Most bytes of an input, after the handshake.
const MOST: usize = 3000;

/// What a session may cost with any input of that size, in bytes: its handshake,
/// its answers to the flood, and the values of a hostile command.
const MOST_MEMORY: usize = 320 << 10;

fn inputs() -> usize {
    match std::env::var("TALLYLIGHT_FUZZ_INPUTS") {
        Ok(count) => count.parse().expect("TALLYLIGHT_FUZZ_INPUTS is a number"),
        Err(_) => 20_000,
    }
}

/// Any byte may be damaged, so most inputs end at a broken chunk.
#[test]
fn bytes() {
    let seeds = seeds();
    let (events, errors) = fuzz(|random, input| {
        input.extend(random.pick(&seeds));
        mutate(input, &seeds, MOST, random);
    });
    assert!(events > inputs() && errors > inputs() / 5, "{events} events, {errors} errors");
}

/// The chunks are whole, and damage is in the messages and their order.
#[test]
fn messages() {
    let messages = seed_messages();
    let bodies: Vec<_> = messages.iter().map(|message| message.payload.clone()).collect();
    let (events, errors) = fuzz(|random, input| {
        let mut script = match random.below(8) {
            0 => Script::new(),
            1..3 => Script::player("live", "k3y"),
            _ => Script::publisher("live", "k3y"),
        };
        script.bytes.drain(..script.bytes.len().min(HANDSHAKE_SIZE));
        let start = random.below(messages.len());
        for message in messages.iter().cycle().skip(start).take(3 + random.below(20)) {
            let mut message = message.clone();
            distort(&mut message, &messages, &bodies, random);
            let header = message.header;
            // Our own chunk size changes with what we say about it.
            script.message(
                header.chunk_stream_id,
                header.message_type,
                header.message_stream_id,
                header.timestamp,
                &message.payload,
            );
        }
        input.append(&mut script.bytes);
        input.truncate(MOST);
    });
    // Few errors: a damaged command is read as far as it goes, and a control message that
    // is too short says nothing.
    assert!(events > 5 * inputs() && errors > inputs() / 60, "{events} events, {errors} errors");
}

/// Mostly leaves a message as it is.
fn distort(message: &mut Owned, all: &[Owned], bodies: &[Vec<u8>], random: &mut Random) {
    if random.one_in(24) {
        mutate(&mut message.payload, bodies, 400, random);
    }
    if random.one_in(6) {
        *message = random.pick(all).clone();
    }
    if random.one_in(10) {
        message.header.message_stream_id = random.below(4) as u32;
    }
    if random.one_in(20) {
        message.header.message_type = MessageType(random.below(24) as u8);
    }
    if random.one_in(20) {
        message.header.timestamp = random.next() as u32;
    }
    if message.header.message_type == MessageType::SET_CHUNK_SIZE {
        // It would have to hold for the writer of the script as well.
        message.header.message_type = MessageType::ACKNOWLEDGEMENT;
    }
}

/// The messages of all seeds, one script after the other.
fn seed_messages() -> Vec<Owned> {
    let read = |bytes: &Vec<u8>| {
        let mut reader = ChunkReader::new(Limits::SERVER);
        let mut input = &bytes[..];
        let mut messages = Vec::new();
        while let Some(message) = reader.read(&mut input).expect("the seeds are lawful") {
            messages.push(Owned::from(message));
        }
        messages.truncate(25);
        messages
    };
    seeds().iter().flat_map(read).collect()
}

/// Makes inputs and checks each; gives the events and errors that came of them.
fn fuzz(make: impl Fn(&mut Random, &mut Vec<u8>)) -> (usize, usize) {
    let mut random = Random::new(0x5E12);
    let (mut input, mut events, mut errors) = (Vec::new(), 0, 0);
    for index in 0..inputs() {
        input.clear();
        make(&mut random, &mut input);
        let checked = catch_unwind(AssertUnwindSafe(|| check(&input, &mut random)));
        let outcome = checked.unwrap_or_else(|failure| {
            eprintln!("input {index}: {input:02X?}");
            resume_unwind(failure)
        });
        events += outcome.events;
        errors += usize::from(outcome.error.is_some());
    }
    (events, errors)
}

fn check(input: &[u8], random: &mut Random) -> Outcome {
    let (whole, usage) = allocations::measure(|| run([input]));
    assert!(usage.peak_bytes < MOST_MEMORY, "{usage:?}");
    let cuts = [random.below(input.len() + 1), random.below(input.len() + 1)];
    let (a, b) = (cuts[0].min(cuts[1]), cuts[0].max(cuts[1]));
    let thirds = run([&input[..a], &input[a..b], &input[b..]]);
    assert_eq!(whole, thirds, "cut at {a} and {b}");
    if random.one_in(16) {
        assert_eq!(whole, run(input.chunks(1)));
    }
    if let Some(error) = &whole.error {
        assert!(error.offset <= (HANDSHAKE_SIZE + input.len()) as u64, "{error}");
        assert!(!error.to_string().is_empty());
    }
    whole
}

/// What came of an input, short enough to compare millions of times.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    events: usize,
    /// Of events and answers.
    digest: u64,
    error: Option<Error>,
}

/// A session that is shaken hands with, then given these pieces.
fn run<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut session = ServerSession::new(ServerOptions::default(), &[7; RANDOM_SIZE], at(0));
    session.read(at(0), &HELLO).expect("the handshake is right");
    session.consume(usize::MAX);
    let mut outcome = Outcome::default();
    let mut digest = DefaultHasher::new();
    let mut output = Vec::new();
    for piece in pieces {
        let result = read_piece(&mut session, piece, &mut outcome, &mut digest);
        while !session.output().is_empty() {
            output.extend_from_slice(session.output());
            session.consume(session.output().len());
        }
        if let Err(error) = result {
            outcome.error = Some(error);
            break;
        }
        let deadline = session.deadline().expect("something is always waited for");
        assert!(deadline > at(0));
    }
    hash_answers(&output, &mut digest);
    outcome.digest = digest.finish();
    outcome
}

static HELLO: [u8; HANDSHAKE_SIZE] = {
    let mut hello = [0; HANDSHAKE_SIZE];
    hello[0] = 3;
    assert!(hello.len() == 1 + 2 * PACKET_SIZE);
    hello
};

/// Reads a piece as the driver does, answering each request.
fn read_piece(
    session: &mut ServerSession,
    piece: &[u8],
    outcome: &mut Outcome,
    digest: &mut DefaultHasher,
) -> Result<(), Error> {
    let mut rest = piece;
    while !rest.is_empty() {
        let result = session.read(at(0), rest);
        let mut answered = 0;
        while let Some(event) = session.poll_event() {
            outcome.events += 1;
            hash_event(&event, digest);
            answered += usize::from(answer(session, &event, outcome.events)?);
        }
        let taken = result?;
        assert!(taken > 0 || answered > 0, "there is always progress");
        rest = &rest[taken..];
    }
    Ok(())
}

/// Says yes and no in turns, and plays something to players.
fn answer(session: &mut ServerSession, event: &ServerEvent, turn: usize) -> Result<bool, Error> {
    match *event {
        ServerEvent::PublishRequested { stream_id, .. } if turn.is_multiple_of(5) => {
            session.reject(stream_id, &Rejection::name_in_use())?;
        }
        ServerEvent::PublishRequested { stream_id, .. } => session.accept_publish(stream_id)?,
        ServerEvent::PlayRequested { stream_id, .. } => {
            session.accept_play(stream_id)?;
            session.send(stream_id, MediaKind::Video, 7, &vec![0x17; 200].into())?;
            session.notify_unpublished(stream_id)?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn hash_event(event: &ServerEvent, digest: &mut DefaultHasher) {
    std::mem::discriminant(event).hash(digest);
    match event {
        ServerEvent::Connected { app } => app.hash(digest),
        ServerEvent::PublishRequested { stream_id, key, .. }
        | ServerEvent::PlayRequested { stream_id, key, .. } => {
            (stream_id, key.expose()).hash(digest);
        }
        ServerEvent::Media { stream_id, kind, timestamp, payload } => {
            assert!(!payload.is_empty());
            (stream_id, kind, timestamp, payload).hash(digest);
        }
        ServerEvent::PublishEnded { stream_id }
        | ServerEvent::PlayEnded { stream_id }
        | ServerEvent::Sought { stream_id } => stream_id.hash(digest),
        ServerEvent::Paused { stream_id, paused } => (stream_id, paused).hash(digest),
        ServerEvent::Wanted { stream_id, kind, wanted } => (stream_id, kind, wanted).hash(digest),
        ServerEvent::Closed => {}
    }
}

/// Acknowledgements say how much came at a time, and are meant to.
fn hash_answers(mut output: &[u8], digest: &mut DefaultHasher) {
    let mut reader = ChunkReader::new(Limits::SERVER);
    while let Some(message) = reader.read(&mut output).expect("what we write can be read") {
        if message.header.message_type != MessageType::ACKNOWLEDGEMENT {
            (message.header.message_type, message.header.message_stream_id).hash(digest);
            message.payload.hash(digest);
        }
    }
}

/// The starts of recordings, and scripts of all that a client can say; all after
/// the handshake.
fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for name in exchange::NAMES {
        let bytes = exchange::chunks(name, "client");
        for length in [300, 800, 1500, MOST] {
            seeds.push(bytes[..length.min(bytes.len())].to_vec());
        }
    }
    for mut script in [publisher(), player(), both(), enhanced()] {
        seeds.push(script.take().split_off(HANDSHAKE_SIZE));
    }
    seeds
}

fn publisher() -> Script {
    let mut script = Script::publisher("live", "k3y");
    let mut data = Vec::new();
    let info = Properties::new().with("width", 1280.0);
    Encoder::new(&mut data).string("@setDataFrame").string("onMetaData").ecma_array(&info);
    script.message(5, MessageType::DATA, 1, 0, &data);
    script.message(5, MessageType::DATA_EXTENDED, 1, 0, &[&[0], &data[..]].concat());
    script.video(0, &[0x17, 0, 0, 0, 0, 1]);
    script.audio(0, &[0xAF, 0, 0x11, 0x90]);
    script.video(0, &[0x17; 300]);
    script.audio(u32::MAX, &[0xAF; 20]);
    let part = [8, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xAF, 0, 0, 0, 12];
    script.message(6, MessageType::AGGREGATE, 1, 9, &part.repeat(3));
    script.control(ProtocolControl::Abort { chunk_stream_id: 6 });
    script.command(0, "FCUnpublish", 6.0, &[Value::Null, "k3y".into()]);
    script.command(0, "deleteStream", 7.0, &[Value::Null, 1.0.into()]);
    script
}

fn player() -> Script {
    let mut script = Script::player("live", "k3y");
    script.user_control(&UserControl::SetBufferLength { stream_id: 1, buffer_ms: 3000 });
    script.user_control(&UserControl::PingRequest { timestamp: 5 });
    script.command(1, "pause", 0.0, &[Value::Null, true.into(), 9.0.into()]);
    script.command(1, "receiveVideo", 0.0, &[Value::Null, false.into()]);
    script.command(0, "FCSubscribe", 3.0, &[Value::Null, "k3y".into()]);
    script.command(0, "getStreamLength", 4.0, &[Value::Null, "k3y".into()]);
    script.control(ProtocolControl::Acknowledgement { sequence_number: 99 });
    script.command(1, "closeStream", 0.0, &[Value::Null]);
    script
}

fn both() -> Script {
    let mut script = Script::publisher("live", "k3y");
    script.command(0, "createStream", 6.0, &[Value::Null]);
    script.command(2, "play", 0.0, &[Value::Null, "in".into()]);
    script.command(2, "publish", 0.0, &[Value::Null, "in".into()]);
    script.message(6, MessageType::VIDEO, 2, 3, &[0x27; 50]);
    script.command(1, "play", 0.0, &[Value::Null, "k3y".into()]);
    script
}

fn enhanced() -> Script {
    let mut script = Script::hello();
    let list = Value::StrictArray(vec!["hvc1".into(), "*".into()]);
    let object = Properties::new().with("app", "live?authmod=adobe").with("fourCcList", list);
    script.connect(&object.with("objectEncoding", 3.0));
    script.control(ProtocolControl::SetChunkSize(4096));
    let mut body = vec![0];
    Encoder::new(&mut body).string("createStream").number(2.0).null();
    script.message(3, MessageType::COMMAND_EXTENDED, 0, 0, &body);
    let mut body = Vec::new();
    Encoder::new(&mut body).string("publish").number(3.0).null();
    body.extend([0x11, 0x06, 0x07, b'k', b'3', b'y']);
    script.message(3, MessageType::COMMAND_EXTENDED, 1, 0, &body);
    script.message(70, MessageType::VIDEO, 1, 40, b"\x90hvc1abc");
    script.message(400, MessageType::VIDEO, 1, 80, b"\x93hvc1abc");
    script
}
