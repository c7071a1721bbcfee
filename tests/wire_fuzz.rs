//! Damaged bytes to everything that reads a peer's bytes: no panic, bounded
//! memory, errors that say where, and the same result however the bytes are cut.
//!
//! The inputs are the same in every run. Each target takes 20,000 of them, or as
//! many as the environment's `TALLYLIGHT_FUZZ_INPUTS` says: for millions, build
//! with `--release`.

#[path = "support/allocations.rs"]
#[allow(dead_code)]
mod allocations;
#[path = "support/amf3.rs"]
mod amf3;
#[path = "support/exchange.rs"]
#[allow(dead_code)]
mod exchange;
#[path = "support/mutate.rs"]
mod mutate;
#[path = "support/random.rs"]
#[allow(dead_code)]
mod random;
#[path = "support/scribe.rs"]
mod scribe;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use random::Random;
use tallylight::protocol::amf0::{AmfError, Decoder, Encoder, MAX_REPEATED_TEXT, Value};
use tallylight::protocol::rtmp::chunk::{ChunkError, ChunkReader, Limits};
use tallylight::protocol::rtmp::handshake::{
    ClientForm, ClientHandshake, HANDSHAKE_SIZE, HandshakeError, PACKET_SIZE, RANDOM_SIZE,
    ServerHandshake,
};
use tallylight::protocol::rtmp::message::{MessageType, ProtocolControl, UserControl};

fn inputs() -> usize {
    match std::env::var("TALLYLIGHT_FUZZ_INPUTS") {
        Ok(count) => count.parse().expect("TALLYLIGHT_FUZZ_INPUTS is a number"),
        Err(_) => 20_000,
    }
}

/// Damages the seeds again and again and checks each. An input that fails is
/// printed.
fn fuzz(seeds: &[Vec<u8>], most: usize, mut check: impl FnMut(&[u8], &mut Random)) {
    let mut random = Random::new(0x7A11);
    let mut input = Vec::new();
    for index in 0..inputs() {
        input.clear();
        input.extend(random.pick(seeds));
        mutate::mutate(&mut input, seeds, most, &mut random);
        let checked = catch_unwind(AssertUnwindSafe(|| check(&input, &mut random)));
        if let Err(failure) = checked {
            eprintln!("input {index}: {input:02X?}");
            resume_unwind(failure);
        }
    }
}

#[test]
fn amf() {
    let seeds = amf_seeds();
    let mut values = 0;
    fuzz(&seeds, 2000, |input, _| {
        let (decoded, usage) = allocations::measure(|| decode(input));
        assert!(usage.peak_bytes < 200 * input.len() + MAX_REPEATED_TEXT + 4096, "{usage:?}");
        match decoded {
            Ok(decoded) => values += check_values(&decoded),
            Err(error) => assert!(error.offset <= input.len(), "{error}"),
        }
    });
    assert!(values > inputs() / 4, "{values} values are still read");
}

fn decode(input: &[u8]) -> Result<Vec<Value>, AmfError> {
    Decoder::new_extended(input).read_to_end()
}

/// What was read can be written, and then reads the same. Comparing the bytes
/// makes numbers that are none comparable.
fn check_values(values: &[Value]) -> usize {
    let encode = |values: &[Value]| {
        let mut out = Vec::new();
        Encoder::new(&mut out).values(values);
        out
    };
    let bytes = encode(values);
    let again = Decoder::new(&bytes).read_to_end().unwrap();
    assert!(encode(&again) == bytes);
    values.len()
}

/// Commands and metadata of real programs, and random AMF3.
fn amf_seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for name in exchange::NAMES {
        for side in ["client", "server"] {
            let chunks = exchange::chunks(name, side);
            let messages = exchange::read_pieces(Limits::SERVER, [&chunks[..]]).unwrap();
            let with_values = [MessageType::COMMAND, MessageType::DATA];
            let messages = messages.into_iter();
            let messages =
                messages.filter(|message| with_values.contains(&message.header.message_type));
            seeds.extend(messages.map(|message| message.payload));
        }
    }
    assert!(seeds.len() > 30);
    let mut random = Random::new(1);
    seeds.extend((0..100).map(|_| [&[0x11], &amf3::value(&mut random)[..]].concat()));
    seeds
}

/// Small enough that damaged lengths reach each of them.
const LIMITS: Limits =
    Limits { max_message_length: 3000, max_chunk_streams: 6, max_partial_bytes: 4000 };

#[test]
fn chunks() {
    let seeds = chunk_seeds();
    let mut messages = 0;
    let mut errors = 0;
    fuzz(&seeds, 3000, |input, random| {
        let mut reader = ChunkReader::new(LIMITS);
        let (whole, usage) = allocations::measure(|| read(&mut reader, [input]));
        assert!(usage.peak_bytes < 32 << 10, "{usage:?}");
        assert!(reader.offset() <= input.len() as u64);
        let cuts = [random.below(input.len() + 1), random.below(input.len() + 1)];
        let (a, b) = (cuts[0].min(cuts[1]), cuts[0].max(cuts[1]));
        let mut reader = ChunkReader::new(LIMITS);
        let thirds = read(&mut reader, [&input[..a], &input[a..b], &input[b..]]);
        assert_eq!(whole, thirds, "cut at {a} and {b}");
        let bytes = read(&mut ChunkReader::new(LIMITS), input.chunks(1));
        assert_eq!(whole, bytes);
        messages += whole.messages;
        errors += usize::from(check_chunk_error(whole.error, input));
    });
    assert!(messages > inputs() && errors > inputs() / 4, "{messages} messages, {errors} errors");
}

fn check_chunk_error(error: Option<ChunkError>, input: &[u8]) -> bool {
    let Some(error) = error else { return false };
    assert!(error.offset < input.len() as u64, "{error}");
    true
}

/// What came out, short enough to compare millions of times.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    messages: usize,
    digest: u64,
    error: Option<ChunkError>,
}

fn read<'a>(reader: &mut ChunkReader, pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut outcome = Outcome::default();
    let mut digest = DefaultHasher::new();
    for mut piece in pieces {
        loop {
            match reader.read(&mut piece) {
                Ok(None) => break,
                Ok(Some(message)) => {
                    outcome.messages += 1;
                    let header = message.header;
                    (header.chunk_stream_id, header.timestamp).hash(&mut digest);
                    (header.message_type, header.message_stream_id).hash(&mut digest);
                    message.payload.hash(&mut digest);
                }
                Err(error) => {
                    outcome.error = Some(error);
                    outcome.digest = digest.finish();
                    return outcome;
                }
            }
        }
    }
    outcome.digest = digest.finish();
    outcome
}

/// The starts of recordings, and everything lawful.
fn chunk_seeds() -> Vec<Vec<u8>> {
    let mut random = Random::new(2);
    let mut seeds: Vec<_> = (0..400).map(|_| scribe::script(&mut random, 12).bytes).collect();
    for name in exchange::NAMES {
        for side in ["client", "server"] {
            let mut bytes = exchange::chunks(name, side);
            bytes.truncate(2500);
            seeds.push(bytes);
        }
    }
    seeds
}

#[test]
fn handshakes() {
    let (to_server, to_client) = handshake_seeds();
    let mut done = 0;
    fuzz(&to_server, HANDSHAKE_SIZE + 20, |input, random| {
        let (whole, usage) = allocations::measure(|| serve(input, input.len()));
        assert!(usage.peak_bytes < 20_000, "{usage:?}");
        assert_eq!(whole, serve(input, 1 + random.below(1600)));
        done += usize::from(check_handshake(&whole, input, 1 + 2 * PACKET_SIZE));
    });
    fuzz(&to_client, HANDSHAKE_SIZE + 20, |input, random| {
        let (whole, usage) = allocations::measure(|| connect(input, input.len()));
        assert!(usage.peak_bytes < 20_000, "{usage:?}");
        assert_eq!(whole, connect(input, 1 + random.below(1600)));
        done += usize::from(check_handshake(&whole, input, PACKET_SIZE));
    });
    assert!(done > inputs() / 4, "{done} are still handshakes");
}

/// Bytes answered, bytes left, and whether it is done.
type Shaken = Result<(Vec<u8>, usize, bool), HandshakeError>;

/// Whether it came to its end, with the answer that belongs to that.
fn check_handshake(shaken: &Shaken, input: &[u8], answer_size: usize) -> bool {
    match shaken {
        Ok((answer, left, done)) => {
            assert_eq!(*done, input.len() >= HANDSHAKE_SIZE);
            assert_eq!(*left, input.len().saturating_sub(HANDSHAKE_SIZE));
            let answered = input.len() > PACKET_SIZE;
            assert_eq!(answer.len(), if answered { answer_size } else { 0 });
            *done
        }
        Err(error) => {
            assert!(error.offset() < input.len() as u64);
            false
        }
    }
}

fn serve(input: &[u8], size: usize) -> Shaken {
    let mut server = ServerHandshake::new(0, &[3; RANDOM_SIZE]);
    let mut out = Vec::new();
    let mut left = 0;
    for mut piece in input.chunks(size.max(1)) {
        server.read(&mut piece, &mut out)?;
        left += piece.len();
    }
    Ok((out, left, server.is_done()))
}

fn connect(input: &[u8], size: usize) -> Shaken {
    let mut out = Vec::new();
    let mut client = ClientHandshake::new(ClientForm::Digest, 0, &[4; RANDOM_SIZE], &mut out);
    out.clear();
    let mut left = 0;
    for mut piece in input.chunks(size.max(1)) {
        client.read(&mut piece, &mut out)?;
        left += piece.len();
    }
    Ok((out, left, client.is_done()))
}

/// Whole handshakes, simple and with digests, to a server and to a client.
fn handshake_seeds() -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mut to_server = Vec::new();
    let mut to_client = Vec::new();
    for name in exchange::NAMES {
        to_server.push(exchange::recording(name, "client")[..HANDSHAKE_SIZE + 4].to_vec());
        to_client.push(exchange::recording(name, "server")[..HANDSHAKE_SIZE + 4].to_vec());
    }
    (to_server, to_client)
}

#[test]
fn control_messages() {
    let seeds: Vec<Vec<u8>> = (0..34_u8)
        .map(|event| vec![0, event, 0, 0, 0, 1, 0, 0, 0, 100])
        .chain([vec![0, 0, 16, 0, 2], vec![0x80, 0, 0, 0]])
        .collect();
    fuzz(&seeds, 64, |input, random| {
        let message_type = MessageType(random.below(8) as u8);
        if let Ok(Some(control)) = ProtocolControl::parse(message_type, input) {
            let mut out = Vec::new();
            control.encode(&mut out);
            // The limit of a bandwidth may be left out.
            assert!([input, &[0]].concat().starts_with(&out));
        }
        if let Ok(event) = UserControl::parse(input) {
            let mut out = Vec::new();
            event.encode(&mut out);
            assert!(input.starts_with(&out));
        }
    });
}
