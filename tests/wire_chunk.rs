//! Chunks in any pieces: what real programs sent, what a writer of all lawful
//! forms sends, what other implementations write and read, and that reading and
//! writing allocate nothing once warm.

#[path = "support/allocations.rs"]
mod allocations;
#[path = "support/exchange.rs"]
#[allow(dead_code)]
mod exchange;
#[path = "support/random.rs"]
#[allow(dead_code)]
mod random;
#[path = "support/scribe.rs"]
mod scribe;

use std::collections::BTreeMap;

use exchange::{Owned, read_pieces};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use random::Random;
use rml_rtmp::chunk_io::{ChunkDeserializer, ChunkSerializer};
use rml_rtmp::messages::MessagePayload;
use rml_rtmp::time::RtmpTimestamp;
use rtmp_runtime::chunk as runtime;
use tallylight::protocol::amf0::Decoder;
use tallylight::protocol::rtmp::chunk::{
    ChunkErrorKind, ChunkReader, ChunkWriter, Limits, MessageHeader,
};
use tallylight::protocol::rtmp::message::{MessageType, ProtocolControl};

/// All recordings: name, side, bytes after the handshake.
fn recordings() -> impl Iterator<Item = (String, Vec<u8>)> {
    exchange::NAMES.into_iter().flat_map(|name| {
        ["client", "server"].map(|side| (format!("{name}.{side}"), exchange::chunks(name, side)))
    })
}

/// The first value of each command and data message.
fn names(messages: &[Owned]) -> Vec<String> {
    let named = [MessageType::COMMAND, MessageType::DATA];
    let first = |message: &Owned| Decoder::new(&message.payload).next_value().unwrap().unwrap();
    let named = messages.iter().filter(|message| named.contains(&message.header.message_type));
    named.map(|message| first(message).as_str().unwrap().to_owned()).collect()
}

fn count(messages: &[Owned], message_type: MessageType) -> usize {
    messages.iter().filter(|message| message.header.message_type == message_type).count()
}

#[test]
fn recordings_hold_what_the_programs_sent() {
    let read =
        |name, side| read_pieces(Limits::SERVER, [&exchange::chunks(name, side)[..]]).unwrap();
    let ffmpeg = read("ffmpeg_publish", "client");
    let publish = ["connect", "releaseStream", "FCPublish", "createStream"];
    assert_eq!(names(&ffmpeg)[..4], publish);
    assert!(names(&ffmpeg).iter().any(|name| name == "@setDataFrame"));
    assert_eq!(count(&ffmpeg, MessageType::VIDEO), 50 + 2, "frames, header and end");
    let gstreamer = read("gstreamer_publish", "client");
    assert_eq!(names(&gstreamer)[0], "connect");
    assert!(count(&gstreamer, MessageType::VIDEO) >= 50);
    for name in exchange::NAMES {
        let server = read(name, "server");
        assert!(count(&server, MessageType::SET_CHUNK_SIZE) == 1, "{name}");
        assert!(names(&server).iter().any(|name| name == "onStatus"), "{name}");
    }
    for name in ["ffmpeg_play", "rtmpdump_play"] {
        let server = read(name, "server");
        assert!(count(&server, MessageType::VIDEO) > 10, "{name}");
        assert!(names(&server).iter().any(|name| name == "onMetaData"), "{name}");
    }
}

#[test]
fn every_split_of_a_recording_reads_as_the_whole() {
    for (name, bytes) in recordings() {
        let whole = read_pieces(Limits::SERVER, [&bytes[..]]).unwrap();
        for at in 0..bytes.len() {
            assert!(reads_as(&whole, [&bytes[..at], &bytes[at..]]), "{name} split at {at}");
        }
        for size in 1..40 {
            assert!(reads_as(&whole, bytes.chunks(size)), "{name} in pieces of {size}");
        }
    }
}

/// Whether the pieces give exactly these messages.
fn reads_as<'a>(expected: &[Owned], pieces: impl IntoIterator<Item = &'a [u8]>) -> bool {
    let mut reader = ChunkReader::new(Limits::SERVER);
    let mut expected = expected.iter();
    for mut piece in pieces {
        while let Some(message) = reader.read(&mut piece).unwrap() {
            if expected.next().is_none_or(|expected| *expected != message) {
                return false;
            }
        }
    }
    expected.next().is_none()
}

#[test]
fn everything_lawful_is_read_in_any_pieces() {
    let mut random = Random::new(1);
    for round in 0..1500 {
        let script = scribe::script(&mut random, 120);
        let messages = read_pieces(Limits::SERVER, [&script.bytes[..]]).unwrap();
        let messages: Vec<_> = without_control(messages);
        assert_eq!(messages, without_control(script.messages), "round {round}");
        let pieces = random_pieces(&script.bytes, &mut random);
        let again = read_pieces(Limits::SERVER, pieces).unwrap();
        assert_eq!(messages, without_control(again), "round {round} in pieces");
    }
}

/// Control messages mean nothing to whoever takes the rest.
fn without_control(messages: Vec<Owned>) -> Vec<Owned> {
    messages.into_iter().filter(|message| message.header.chunk_stream_id != 2).collect()
}

/// Pieces that are mostly small, to meet every place inside a header.
fn random_pieces<'a>(mut bytes: &'a [u8], random: &mut Random) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        let most = if random.one_in(4) { 3000 } else { 9 };
        let (piece, rest) = bytes.split_at(random.below(most).min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

/// A message for the writer, on the few chunk streams that a publisher uses.
fn any_message() -> impl Strategy<Value = Owned> {
    let time = prop_oneof![4 => 0..2000_u32, 1 => 0xFF_FFF0..0x100_0010_u32, 1 => any::<u32>()];
    let length = prop_oneof![3 => 0..300_usize, 1 => 0..10_000_usize];
    (2..7_u32, time, 8..21_u8, 0..3_u32, length, any::<u8>()).prop_map(
        |(chunk_stream_id, timestamp, message_type, message_stream_id, length, fill)| {
            let message_type = MessageType(message_type);
            let header =
                MessageHeader { chunk_stream_id, timestamp, message_type, message_stream_id };
            let payload = (0..length).map(|index| fill.wrapping_add(index as u8)).collect();
            Owned { header, payload }
        },
    )
}

/// Messages, and the chunk size that is set before each.
fn any_stream() -> impl Strategy<Value = Vec<(Option<u32>, Owned)>> {
    let size = prop_oneof![Just(1), 2..200_u32, Just(4096), Just(0x7FFF_FFFF)];
    prop::collection::vec((prop::option::weighted(0.2, size), any_message()), 1..40)
}

proptest! {
    // The same cases each time.
    #![proptest_config(ProptestConfig {
        cases: 400,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_written_is_read(stream in any_stream(), cut in 0..100_usize, seed in any::<u64>()) {
        let mut writer = ChunkWriter::new();
        let mut bytes = Vec::new();
        for (chunk_size, message) in &stream {
            if let Some(size) = *chunk_size {
                writer.write_control(&ProtocolControl::SetChunkSize(size), &mut bytes).unwrap();
            }
            let (a, b) = message.payload.split_at(message.payload.len() * cut / 100);
            writer.write(&message.header, &[a, &[], b], &mut bytes).unwrap();
        }
        let pieces = random_pieces(&bytes, &mut Random::new(seed));
        let mut read = read_pieces(Limits::SERVER, pieces).unwrap();
        read.retain(|message| message.header.message_type != MessageType::SET_CHUNK_SIZE);
        let sent: Vec<_> = stream.into_iter().map(|(_, message)| message).collect();
        prop_assert_eq!(read, sent);
    }
}

/// A stream as a publisher sends it: sound and pictures, times rising.
fn publisher_stream(seed: u64, start: u32) -> Vec<Owned> {
    let mut random = Random::new(seed);
    let mut timestamp = start;
    let mut message = |index: usize| {
        timestamp += random.below(40) as u32;
        let video = index.is_multiple_of(3);
        let most = if video { 20_000 } else { 500 };
        let mut payload = vec![0; 1 + random.below(most)];
        random.fill(&mut payload);
        let header = MessageHeader {
            // The one that the other writer takes for these types.
            chunk_stream_id: if video { 5 } else { 4 },
            timestamp,
            message_type: if video { MessageType::VIDEO } else { MessageType::AUDIO },
            message_stream_id: 1,
        };
        Owned { header, payload }
    };
    (0..300).map(&mut message).collect()
}

fn write_all(messages: &[Owned], chunk_size: u32) -> Vec<u8> {
    let mut writer = ChunkWriter::new();
    let mut bytes = Vec::new();
    writer.write_control(&ProtocolControl::SetChunkSize(chunk_size), &mut bytes).unwrap();
    for Owned { header, payload } in messages {
        writer.write(header, &[payload], &mut bytes).unwrap();
    }
    bytes
}

fn rml_payload(message: &Owned) -> MessagePayload {
    MessagePayload {
        timestamp: RtmpTimestamp::new(message.header.timestamp),
        type_id: message.header.message_type.0,
        message_stream_id: message.header.message_stream_id,
        data: message.payload.clone().into(),
    }
}

#[test]
fn rml_rtmp_reads_what_we_write() {
    for chunk_size in [128, 1000, 4096, 65_536] {
        let messages = publisher_stream(2, 0);
        let bytes = write_all(&messages, chunk_size);
        let mut reader = ChunkDeserializer::new();
        assert_eq!(reader.get_next_message(&bytes).unwrap().unwrap().type_id, 1);
        reader.set_max_chunk_size(chunk_size as usize).unwrap();
        for message in &messages {
            assert_eq!(reader.get_next_message(&[]).unwrap(), Some(rml_payload(message)));
        }
        assert_eq!(reader.get_next_message(&[]).unwrap(), None);
    }
}

#[test]
fn we_read_what_rml_rtmp_writes() {
    for chunk_size in [128, 1000, 4096, 65_536] {
        let messages = publisher_stream(3, 0xFF_0000);
        let mut writer = ChunkSerializer::new();
        let mut bytes = writer.set_max_chunk_size(chunk_size, RtmpTimestamp::new(0)).unwrap().bytes;
        for message in &messages {
            bytes.extend(writer.serialize(&rml_payload(message), false, false).unwrap().bytes);
        }
        assert_eq!(
            comparable(read_pieces(Limits::SERVER, [&bytes[..]]).unwrap()),
            comparable(messages)
        );
    }
}

/// The other writer chooses the chunk streams; what else a message says must agree.
fn comparable(messages: Vec<Owned>) -> Vec<(u32, MessageType, u32, Vec<u8>)> {
    let media = without_control(messages).into_iter();
    media
        .map(|Owned { header, payload }| {
            (header.timestamp, header.message_type, header.message_stream_id, payload)
        })
        .collect()
}

fn runtime_message(message: &Owned) -> runtime::Message {
    runtime::Message {
        chunk_stream_id: message.header.chunk_stream_id,
        timestamp: message.header.timestamp,
        message_type_id: message.header.message_type.0,
        message_stream_id: message.header.message_stream_id,
        payload: message.payload.clone(),
    }
}

#[test]
fn rtmp_runtime_reads_what_we_write_with_extended_timestamps_too() {
    for (chunk_size, start) in [(128, 0), (1000, 0xFF_F000), (4096, 0xFFFF_FF00_u32 - 20_000)] {
        let messages = publisher_stream(4, start);
        let bytes = write_all(&messages, chunk_size);
        let mut reader = runtime::ChunkAssembler::new();
        assert_eq!(reader.push(&bytes[..16]).unwrap().len(), 1);
        reader.set_chunk_size(chunk_size);
        let expected: Vec<_> = messages.iter().map(runtime_message).collect();
        assert_eq!(reader.push(&bytes[16..]).unwrap(), expected);
    }
}

#[test]
fn we_read_what_rtmp_runtime_writes_with_extended_timestamps_too() {
    for (chunk_size, start) in [(128, 0), (1000, 0xFF_F000), (4096, 0xFFFF_0000_u32)] {
        let messages = publisher_stream(5, start);
        let control = ProtocolControl::SetChunkSize(chunk_size);
        let mut bytes = Vec::new();
        ChunkWriter::new().write_control(&control, &mut bytes).unwrap();
        let mut writer = runtime::ChunkWriter::new();
        writer.set_chunk_size(chunk_size);
        for message in &messages {
            bytes.extend(writer.write(&runtime_message(message)).unwrap());
        }
        let read = read_pieces(Limits::SERVER, [&bytes[..]]).unwrap();
        assert_eq!(without_control(read), messages);
    }
}

#[test]
fn writing_allocates_nothing_once_warm() {
    let messages = publisher_stream(6, 0);
    let mut writer = ChunkWriter::new();
    let mut out = Vec::new();
    writer.write_control(&ProtocolControl::SetChunkSize(4096), &mut out).unwrap();
    let mut write = |out: &mut Vec<u8>| {
        for Owned { header, payload } in &messages {
            out.clear();
            writer.write(header, &[&payload[..1], &payload[1..]], out).unwrap();
        }
    };
    write(&mut out);
    let ((), usage) = allocations::measure(|| write(&mut out));
    assert_eq!(usage.allocations, 0);
}

#[test]
fn reading_allocates_nothing_once_warm() {
    let bytes = write_all(&publisher_stream(7, 0), 4096);
    let mut reader = ChunkReader::new(Limits::SERVER);
    let mut read = |size| {
        let mut total = 0;
        for mut piece in bytes.chunks(size) {
            while let Some(message) = reader.read(&mut piece).unwrap() {
                total += message.payload.len();
            }
        }
        total
    };
    let sizes = [100, 1460, 16_384, 1 << 20];
    let _ = sizes.map(&mut read);
    let (totals, usage) = allocations::measure(|| sizes.map(&mut read));
    assert!(totals.iter().all(|total| *total == totals[0] && *total > 500_000));
    assert_eq!(usage.allocations, 0);
}

#[test]
fn mixed_messages_allocate_nothing_once_warm() {
    // A picture of 200,000 bytes, and inside it sound in two pieces of input.
    let chunk = |id: u8, first: bool, length: u32, message_type: u8, payload: &[u8]| {
        let mut bytes = vec![if first { id } else { 0xC0 | id }];
        if first {
            bytes.extend([0, 0, 0]);
            bytes.extend(&length.to_be_bytes()[1..]);
            bytes.extend([message_type, 1, 0, 0, 0]);
        }
        bytes.extend(payload);
        bytes
    };
    let mut bytes = Vec::new();
    for index in 0..200_000 / 128 + 1 {
        let size = 128.min(200_000 - index * 128);
        bytes.extend(chunk(6, index == 0, 200_000, 9, &[1; 128][..size]));
        if index % 10 == 0 {
            bytes.extend(chunk(4, true, 100, 8, &[2; 100]));
        }
    }
    let mut reader = ChunkReader::new(Limits::SERVER);
    let mut read = || {
        let mut messages = 0;
        for mut piece in bytes.chunks(61) {
            while reader.read(&mut piece).unwrap().is_some() {
                messages += 1;
            }
        }
        messages
    };
    assert_eq!(read(), 158);
    read();
    let (_, usage) = allocations::measure(read);
    assert_eq!(usage.allocations, 0);
}

#[test]
fn a_length_bomb_on_every_chunk_stream_holds_little_memory() {
    // 16 MiB announced on each of many chunk streams, in pieces that fill the last
    // header's chunk.
    let limits = Limits { max_message_length: 0xFF_FFFF, ..Limits::SERVER };
    let mut bytes = Vec::new();
    for id in 0..60_000_u32 {
        bytes.extend([1, id as u8, (id >> 8) as u8, 0, 0, 0, 0xFF, 0xFF, 0xFF, 9, 0, 0, 0, 0]);
        bytes.extend([0; 128]);
    }
    let mut reader = ChunkReader::new(limits);
    let (error, usage) = allocations::measure(|| reader.read(&mut &bytes[..]).unwrap_err());
    assert_eq!(error.kind, ChunkErrorKind::TooManyChunkStreams { limit: 64 });
    assert_eq!(error.offset, 64 * (14 + 128));
    assert!(usage.peak_bytes < 64 << 10, "{usage:?}");
}

#[test]
fn large_buffers_do_not_pile_up_on_chunk_streams() {
    // A long message fills a buffer, and the next unfinished one may take it over.
    let mut lengths = BTreeMap::new();
    let mut reader = ChunkReader::new(Limits::SERVER);
    let mut writer = ChunkWriter::new();
    let mut bytes = Vec::new();
    writer.write_control(&ProtocolControl::SetChunkSize(1 << 20), &mut bytes).unwrap();
    for id in 10..60 {
        let header = MessageHeader {
            chunk_stream_id: 3,
            timestamp: 0,
            message_type: MessageType::VIDEO,
            message_stream_id: 1,
        };
        writer.write(&header, &[&[0; 900_000]], &mut bytes).unwrap();
        let mut message = Vec::new();
        let header = MessageHeader { chunk_stream_id: id, ..header };
        ChunkWriter::new().write(&header, &[&[0; 100]], &mut message).unwrap();
        bytes.extend(&message[..message.len() - 1]);
        for mut piece in bytes.chunks(10_000) {
            while reader.read(&mut piece).unwrap().is_some() {}
        }
        bytes.clear();
        lengths.insert(id, reader.buffered_capacity());
    }
    let most = lengths.values().max().unwrap();
    assert!(*most < 2 << 20, "{most}");
}
