//! Each rule of the reader on hand-written bytes. Random sequences, splits and
//! other implementations are in `tests/wire_chunk.rs`.

use super::*;
use crate::protocol::rtmp::chunk::MessageHeader;
use crate::protocol::rtmp::message::MessageError;

const AUDIO: u8 = 8;
const VIDEO: u8 = 9;

/// What a message is, in a form that is short to write down.
#[derive(Debug, PartialEq)]
struct Got {
    id: u32,
    timestamp: u32,
    message_type: u8,
    stream: u32,
    payload: Vec<u8>,
}

fn got(id: u32, timestamp: u32, message_type: u8, stream: u32, payload: &[u8]) -> Got {
    Got { id, timestamp, message_type, stream, payload: payload.to_vec() }
}

fn read_all(reader: &mut ChunkReader, mut input: &[u8]) -> Result<Vec<Got>, ChunkError> {
    let mut messages = Vec::new();
    while let Some(Message { header, payload }) = reader.read(&mut input)? {
        let MessageHeader { chunk_stream_id, timestamp, message_type, message_stream_id } = header;
        messages.push(got(chunk_stream_id, timestamp, message_type.0, message_stream_id, payload));
    }
    assert!(input.is_empty());
    Ok(messages)
}

/// Reads whole and byte by byte, which must not differ.
fn read(bytes: &[u8]) -> Result<Vec<Got>, ChunkError> {
    read_with(Limits::CLIENT, bytes)
}

fn read_with(limits: Limits, bytes: &[u8]) -> Result<Vec<Got>, ChunkError> {
    let whole = read_all(&mut ChunkReader::new(limits), bytes);
    let mut reader = ChunkReader::new(limits);
    let single: Result<Vec<_>, _> =
        bytes.chunks(1).map(|byte| read_all(&mut reader, byte)).collect();
    assert_eq!(whole, single.map(|lists| lists.into_iter().flatten().collect()));
    whole
}

/// A full header (type 0) on a one-byte chunk stream id, and payload.
fn full(id: u8, timestamp: u32, length: u32, message_type: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![id];
    bytes.extend(&timestamp.to_be_bytes()[1..]);
    bytes.extend(&length.to_be_bytes()[1..]);
    bytes.push(message_type);
    bytes.extend([1, 0, 0, 0]);
    bytes.extend(payload);
    bytes
}

/// A type 1 header: time difference, length and type.
fn same_stream(id: u8, delta: u32, length: u32, message_type: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x40 | id];
    bytes.extend(&delta.to_be_bytes()[1..]);
    bytes.extend(&length.to_be_bytes()[1..]);
    bytes.push(message_type);
    bytes.extend(payload);
    bytes
}

fn set_chunk_size(size: u32) -> Vec<u8> {
    let mut bytes = full(2, 0, 4, 1, &size.to_be_bytes());
    bytes[8] = 0;
    bytes
}

#[test]
fn the_first_example_of_the_standard() {
    // RTMP 1.0 §5.3.2.1: four sound messages, 20 ms apart.
    let payload = [0xAF; 32];
    let mut bytes = vec![3, 0, 0x03, 0xE8, 0, 0, 32, AUDIO, 0x39, 0x30, 0, 0];
    bytes.extend(payload);
    assert_eq!(bytes.len(), 44);
    bytes.extend([0x83, 0, 0, 20]);
    bytes.extend(payload);
    for _ in 0..2 {
        bytes.push(0xC3);
        bytes.extend(payload);
    }
    assert_eq!(bytes.len(), 44 + 36 + 33 + 33);
    let times = [1000, 1020, 1040, 1060];
    assert_eq!(read(&bytes).unwrap(), times.map(|time| got(3, time, AUDIO, 12345, &payload)));
}

#[test]
fn the_second_example_of_the_standard() {
    // RTMP 1.0 §5.3.2.2: one picture message in chunks of 128, 128 and 51 bytes.
    let payload: Vec<u8> = (0..307_u32).map(|index| index as u8).collect();
    let mut bytes = vec![4, 0, 0x03, 0xE8, 0, 1, 0x33, VIDEO, 0x3A, 0x30, 0, 0];
    bytes.extend(&payload[..128]);
    bytes.push(0xC4);
    bytes.extend(&payload[128..256]);
    bytes.push(0xC4);
    bytes.extend(&payload[256..]);
    assert_eq!(bytes.len(), 140 + 129 + 52);
    assert_eq!(read(&bytes).unwrap(), [got(4, 1000, VIDEO, 12346, &payload)]);
}

#[test]
fn a_type_1_header_may_be_the_first_and_counts_from_zero() {
    let bytes = same_stream(3, 5, 1, AUDIO, &[7]);
    assert_eq!(read(&bytes).unwrap(), [got(3, 5, AUDIO, 0, &[7])]);
}

#[test]
fn a_header_that_repeats_a_length_must_have_one_before_it() {
    let before = full(3, 0, 0, AUDIO, &[]);
    for (format, header) in [(2, vec![0x85, 0, 0, 1]), (3, vec![0xC5])] {
        let kind = ChunkErrorKind::NoHistory { format };
        let bytes = [before.clone(), header].concat();
        let error = ChunkError { offset: 12, chunk_stream_id: 5, kind };
        assert_eq!(read(&bytes), Err(error));
    }
}

#[test]
fn type_3_after_a_full_header_adds_its_timestamp_again() {
    let mut bytes = full(3, 1000, 1, AUDIO, &[1]);
    bytes.extend([0xC3, 2, 0xC3, 3]);
    let times: Vec<u32> = read(&bytes).unwrap().iter().map(|got| got.timestamp).collect();
    assert_eq!(times, [1000, 2000, 3000]);
}

#[test]
fn type_1_keeps_the_stream_and_type_2_the_length_and_type() {
    let mut bytes = full(3, 10, 1, AUDIO, &[1]);
    bytes.extend(same_stream(3, 5, 2, VIDEO, &[2, 2]));
    bytes.extend([0x83, 0, 0, 7, 3, 3]);
    bytes.extend([0xC3, 4, 4]);
    let expected = [
        got(3, 10, AUDIO, 1, &[1]),
        got(3, 15, VIDEO, 1, &[2, 2]),
        got(3, 22, VIDEO, 1, &[3, 3]),
        got(3, 29, VIDEO, 1, &[4, 4]),
    ];
    assert_eq!(read(&bytes).unwrap(), expected);
}

#[test]
fn an_empty_message_is_a_message() {
    let mut bytes = full(3, 1, 0, AUDIO, &[]);
    bytes.push(0xC3);
    assert_eq!(read(&bytes).unwrap(), [got(3, 1, AUDIO, 1, &[]), got(3, 2, AUDIO, 1, &[])]);
}

#[test]
fn timestamps_wrap_at_32_bits() {
    let mut bytes = full(3, 0xFF_FFFF, 1, AUDIO, &[]);
    bytes.extend([0xFF, 0xFF, 0xFF, 0xF0, 1]);
    bytes.extend([0x83, 0, 0, 0x20, 2]);
    let times: Vec<u32> = read(&bytes).unwrap().iter().map(|got| got.timestamp).collect();
    assert_eq!(times, [0xFFFF_FFF0, 0x10]);
}

/// A message of 130 bytes at this time, with the extended timestamp in its second
/// chunk or without.
fn extended(timestamp: u32, repeat: bool, payload: &[u8]) -> Vec<u8> {
    let mut bytes = full(3, 0xFF_FFFF, 130, VIDEO, &timestamp.to_be_bytes());
    bytes.extend(&payload[..128]);
    bytes.push(0xC3);
    if repeat {
        bytes.extend(timestamp.to_be_bytes());
    }
    bytes.extend(&payload[128..]);
    bytes
}

#[test]
fn an_extended_timestamp_may_be_repeated_or_left_out() {
    let payload = [0xAB; 130];
    for timestamp in [0xFF_FFFF, 0x100_0000, u32::MAX] {
        for repeat in [true, false] {
            let bytes = extended(timestamp, repeat, &payload);
            assert_eq!(read(&bytes).unwrap(), [got(3, timestamp, VIDEO, 1, &payload)]);
        }
    }
}

#[test]
fn payload_that_starts_like_the_extended_timestamp_is_still_payload() {
    // Two bytes are left, and they are those that a repeated 0x01020304 starts with.
    let mut payload = [0; 130];
    payload[128..].copy_from_slice(&[1, 2]);
    let mut bytes = extended(0x0102_0304, false, &payload);
    bytes.extend(full(4, 9, 1, AUDIO, &[5]));
    let expected = [got(3, 0x0102_0304, VIDEO, 1, &payload), got(4, 9, AUDIO, 1, &[5])];
    assert_eq!(read(&bytes).unwrap(), expected);
}

#[test]
fn an_extended_difference_is_added_and_repeated() {
    let delta = 0x0100_0000_u32;
    let mut bytes = full(3, 16, 2, AUDIO, &[1, 1]);
    bytes.extend([0x83, 0xFF, 0xFF, 0xFF]);
    bytes.extend(delta.to_be_bytes());
    bytes.extend([2, 2, 0xC3]);
    bytes.extend(delta.to_be_bytes());
    bytes.extend([3, 3]);
    let times: Vec<u32> = read(&bytes).unwrap().iter().map(|got| got.timestamp).collect();
    assert_eq!(times, [16, 16 + delta, 16 + 2 * delta]);
}

#[test]
fn a_short_timestamp_ends_the_extended_one() {
    let mut bytes = extended(0x0200_0000, true, &[0; 130]);
    bytes.extend([0x83, 0, 0, 1]);
    bytes.extend([9; 128]);
    bytes.extend([0xC3, 2, 0]);
    let messages = read(&bytes).unwrap();
    assert_eq!(messages[1].timestamp, 0x0200_0001);
    assert_eq!(messages[1].payload[126..], [9, 9, 2, 0]);
}

#[test]
fn chunk_stream_ids_come_in_one_two_and_three_bytes() {
    let forms: [(u32, &[u8]); 8] = [
        (2, &[0x42]),
        (63, &[0x7F]),
        (64, &[0x40, 0]),
        (319, &[0x40, 255]),
        (64, &[0x41, 0, 0]),
        (320, &[0x41, 0, 1]),
        (64 + 5 + 256 * 7, &[0x41, 5, 7]),
        (65_599, &[0x41, 255, 255]),
    ];
    for (id, form) in forms {
        let bytes = [form, &same_stream(0, 1, 1, AUDIO, &[6])[1..]].concat();
        assert_eq!(read(&bytes).unwrap(), [got(id, 1, AUDIO, 0, &[6])]);
    }
}

#[test]
fn chunks_of_two_messages_may_be_mixed() {
    let (sound, picture) = ([1; 200], [2; 300]);
    let mut bytes = full(6, 10, 300, VIDEO, &picture[..128]);
    bytes.extend(full(4, 11, 200, AUDIO, &sound[..128]));
    bytes.extend([&[0xC6], &picture[128..256]].concat());
    bytes.extend([&[0xC4], &sound[128..]].concat());
    bytes.extend([&[0xC6], &picture[256..]].concat());
    let expected = [got(4, 11, AUDIO, 1, &sound), got(6, 10, VIDEO, 1, &picture)];
    assert_eq!(read(&bytes).unwrap(), expected);
}

#[test]
fn a_new_chunk_size_holds_from_the_next_chunk_even_inside_a_message() {
    let payload = [5; 300];
    let mut bytes = full(6, 10, 300, VIDEO, &payload[..128]);
    bytes.extend(set_chunk_size(100));
    bytes.extend([&[0xC6], &payload[128..228]].concat());
    bytes.extend(set_chunk_size(4096));
    bytes.extend([&[0xC6], &payload[228..]].concat());
    let messages = read(&bytes).unwrap();
    assert_eq!(messages.len(), 3);
    assert_eq!(messages[2], got(6, 10, VIDEO, 1, &payload));
}

#[test]
fn any_lawful_chunk_size_is_taken() {
    for size in [1, 127, 128, 65_536, 0xFF_FFFF, 0x100_0000, 0x7FFF_FFFF] {
        let mut reader = ChunkReader::new(Limits::CLIENT);
        assert_eq!(reader.chunk_size(), INITIAL_CHUNK_SIZE);
        read_all(&mut reader, &set_chunk_size(size)).unwrap();
        assert_eq!(reader.chunk_size(), size.min(MAX_MESSAGE_LENGTH));
    }
    let mut bytes = set_chunk_size(1);
    bytes.extend(full(3, 0, 3, AUDIO, &[1, 0xC3, 2, 0xC3, 3]));
    assert_eq!(read(&bytes).unwrap()[1], got(3, 0, AUDIO, 1, &[1, 2, 3]));
}

#[test]
fn an_unlawful_chunk_size_is_an_error() {
    for size in [0, 0x8000_0000, u32::MAX] {
        let kind = ChunkErrorKind::BadControl(MessageError::InvalidChunkSize { size });
        let error = ChunkError { offset: 0, chunk_stream_id: 2, kind };
        assert_eq!(read(&set_chunk_size(size)), Err(error));
    }
    let short = full(2, 0, 3, 1, &[0, 0, 9]);
    let error = read(&short).unwrap_err().kind;
    assert!(matches!(error, ChunkErrorKind::BadControl(MessageError::TooShort { .. })));
}

#[test]
fn an_abort_drops_one_unfinished_message_and_keeps_its_time() {
    let mut bytes = full(6, 1000, 300, VIDEO, &[1; 128]);
    bytes.extend(full(4, 5, 130, AUDIO, &[2; 128]));
    bytes.extend(full(2, 0, 4, 2, &[0, 0, 0, 6]));
    bytes.extend([0xC4, 2, 2]);
    bytes.extend(same_stream(6, 20, 1, VIDEO, &[3]));
    let messages = read(&bytes).unwrap();
    assert_eq!(messages[1], got(4, 5, AUDIO, 1, &[2; 130]));
    assert_eq!(messages[2], got(6, 1020, VIDEO, 1, &[3]));
}

#[test]
fn an_abort_of_nothing_is_no_error() {
    for id in [[0, 0, 0, 6], [255, 255, 255, 255], [0, 0, 0, 2]] {
        assert_eq!(read(&full(2, 0, 4, 2, &id)).unwrap().len(), 1);
    }
}

#[test]
fn a_message_that_changes_under_way_is_an_error() {
    let begun = full(6, 0, 300, VIDEO, &[1; 128]);
    let cases = [
        (full(6, 0, 300, VIDEO, &[]), ChunkErrorKind::UnfinishedMessage),
        (
            same_stream(6, 0, 100_000, VIDEO, &[]),
            ChunkErrorKind::LengthChanged { from: 300, to: 100_000 },
        ),
        (same_stream(6, 0, 1, VIDEO, &[]), ChunkErrorKind::LengthChanged { from: 300, to: 1 }),
        (
            same_stream(6, 0, 300, AUDIO, &[]),
            ChunkErrorKind::TypeChanged { from: MessageType::VIDEO, to: MessageType::AUDIO },
        ),
    ];
    for (next, kind) in cases {
        let error = ChunkError { offset: 140, chunk_stream_id: 6, kind };
        assert_eq!(read(&[begun.clone(), next].concat()), Err(error));
    }
}

#[test]
fn types_1_and_2_may_continue_a_message_that_they_do_not_change() {
    let mut bytes = full(6, 50, 300, VIDEO, &[1; 128]);
    bytes.extend(same_stream(6, 7, 300, VIDEO, &[2; 128]));
    bytes.extend([0x86, 0, 0, 7]);
    bytes.extend([3; 44]);
    let payload = [&[1; 128][..], &[2; 128], &[3; 44]].concat();
    assert_eq!(read(&bytes).unwrap(), [got(6, 50, VIDEO, 1, &payload)]);
}

#[test]
fn a_message_longer_than_the_limit_is_refused_by_its_header() {
    let limits = Limits { max_message_length: 1000, ..Limits::CLIENT };
    let fits = full(3, 0, 1000, AUDIO, &[]);
    assert_eq!(read_with(limits, &fits), Ok(vec![]));
    let too_long = full(3, 0, 1001, AUDIO, &[]);
    let kind = ChunkErrorKind::MessageTooLong {
        message_type: MessageType::AUDIO,
        length: 1001,
        limit: 1000,
    };
    assert_eq!(read_with(limits, &too_long).unwrap_err().kind, kind);
}

#[test]
fn chunk_streams_are_counted() {
    let limits = Limits { max_chunk_streams: 3, ..Limits::CLIENT };
    let mut bytes: Vec<u8> = (3..6).flat_map(|id| full(id, 0, 1, AUDIO, &[0])).collect();
    assert_eq!(read_with(limits, &bytes).unwrap().len(), 3);
    bytes.extend(full(6, 0, 1, AUDIO, &[0]));
    let kind = ChunkErrorKind::TooManyChunkStreams { limit: 3 };
    let error = ChunkError { offset: 39, chunk_stream_id: 6, kind };
    assert_eq!(read_with(limits, &bytes), Err(error));
}

#[test]
fn unfinished_bytes_are_counted_over_all_chunk_streams() {
    let limits = Limits { max_partial_bytes: 300, ..Limits::CLIENT };
    let mut bytes = full(3, 0, 200, AUDIO, &[0; 128]);
    bytes.extend(full(4, 0, 200, AUDIO, &[0; 128]));
    assert_eq!(read_with(limits, &bytes), Ok(vec![]));
    let finished = [bytes.clone(), vec![0xC3; 73], vec![0xC4; 73]].concat();
    let error = ChunkErrorKind::TooManyPartialBytes { limit: 300 };
    assert_eq!(read_with(limits, &finished).unwrap_err().kind, error);
    let whole = [bytes.clone(), full(5, 0, 45, AUDIO, &[0; 45])].concat();
    assert_eq!(read_with(limits, &whole).unwrap_err().kind, error);
    bytes.extend(full(2, 0, 4, 2, &[0, 0, 0, 3]));
    bytes.extend([0xC4; 73]);
    assert_eq!(read_with(limits, &bytes).unwrap().len(), 2, "an abort makes room");
}

#[test]
fn what_is_announced_costs_nothing() {
    let limits = Limits::SERVER;
    let mut reader = ChunkReader::new(limits);
    for id in 3..60 {
        let bytes = full(id, 0, limits.max_message_length, VIDEO, &[1; 128]);
        assert_eq!(read_all(&mut reader, &bytes), Ok(vec![]));
    }
    assert!(reader.buffered_capacity() <= 57 * 256, "{}", reader.buffered_capacity());
}

#[test]
fn offsets_count_from_where_the_reader_starts() {
    let mut reader = ChunkReader::new(Limits::CLIENT).starting_at(3073);
    let good = full(3, 0, 1, AUDIO, &[0]);
    let mut input = [good, vec![0xC9]].concat();
    input.extend([0; 8]);
    let mut input = &input[..];
    assert!(reader.read(&mut input).unwrap().is_some());
    assert_eq!(reader.offset(), 3073 + 13);
    assert_eq!(reader.read(&mut input).unwrap_err().offset, 3073 + 13);
}

#[test]
fn a_message_in_one_piece_is_lent_from_the_input() {
    let bytes = full(3, 0, 5, AUDIO, &[1, 2, 3, 4, 5]);
    let mut reader = ChunkReader::new(Limits::CLIENT);
    let mut input = &bytes[..];
    let message = reader.read(&mut input).unwrap().unwrap();
    assert!(std::ptr::eq(message.payload, &bytes[12..]));
    assert_eq!(message.to_bytes(), &bytes[12..]);
}
