//! Which headers the writer chooses, byte by byte. That readers agree is shown in
//! `tests/wire_chunk.rs`.

use super::*;

fn header(timestamp: u32) -> MessageHeader {
    MessageHeader {
        chunk_stream_id: 6,
        timestamp,
        message_type: MessageType::VIDEO,
        message_stream_id: 1,
    }
}

fn write(writer: &mut ChunkWriter, header: &MessageHeader, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    writer.write(header, &[payload], &mut out).unwrap();
    out
}

#[test]
fn the_first_example_of_the_standard_but_for_type_3() {
    // RTMP 1.0 §5.3.2.1, where messages 3 and 4 could save three bytes.
    let mut writer = ChunkWriter::new();
    let message = |timestamp| MessageHeader {
        chunk_stream_id: 3,
        timestamp,
        message_type: MessageType::AUDIO,
        message_stream_id: 12345,
    };
    let first = write(&mut writer, &message(1000), &[0xAF; 32]);
    assert_eq!(first[..12], [3, 0, 0x03, 0xE8, 0, 0, 32, 8, 0x39, 0x30, 0, 0]);
    assert_eq!(first.len(), 44);
    for timestamp in [1020, 1040, 1060] {
        let next = write(&mut writer, &message(timestamp), &[0xAF; 32]);
        assert_eq!(next[..5], [0x83, 0, 0, 20, 0xAF]);
        assert_eq!(next.len(), 36);
    }
}

#[test]
fn the_second_example_of_the_standard() {
    // RTMP 1.0 §5.3.2.2.
    let message = MessageHeader { chunk_stream_id: 4, message_stream_id: 12346, ..header(1000) };
    let bytes = write(&mut ChunkWriter::new(), &message, &[7; 307]);
    assert_eq!(bytes[..12], [4, 0, 0x03, 0xE8, 0, 1, 0x33, 9, 0x3A, 0x30, 0, 0]);
    assert_eq!((bytes[140], bytes[140 + 129]), (0xC4, 0xC4));
    assert_eq!(bytes.len(), 140 + 129 + 52);
}

#[test]
fn another_length_or_type_needs_type_1() {
    let mut writer = ChunkWriter::new();
    write(&mut writer, &header(10), &[0; 2]);
    assert_eq!(write(&mut writer, &header(15), &[0; 3])[..8], [0x46, 0, 0, 5, 0, 0, 3, 9]);
    let sound = MessageHeader { message_type: MessageType::AUDIO, ..header(15) };
    assert_eq!(write(&mut writer, &sound, &[0; 3])[..8], [0x46, 0, 0, 0, 0, 0, 3, 8]);
    assert_eq!(write(&mut writer, &sound, &[1; 3]), [0x86, 0, 0, 0, 1, 1, 1]);
}

#[test]
fn going_back_in_time_or_to_another_stream_needs_type_0() {
    let mut writer = ChunkWriter::new();
    write(&mut writer, &header(10), &[0]);
    assert_eq!(write(&mut writer, &header(9), &[0])[..4], [6, 0, 0, 9]);
    let other = MessageHeader { message_stream_id: 0x0403_0201, ..header(10) };
    assert_eq!(write(&mut writer, &other, &[0])[..12], [6, 0, 0, 10, 0, 0, 1, 9, 1, 2, 3, 4]);
}

#[test]
fn each_chunk_stream_has_its_own_history() {
    let mut writer = ChunkWriter::new();
    let other = MessageHeader { chunk_stream_id: 7, ..header(10) };
    assert_eq!(write(&mut writer, &header(10), &[0])[0], 6);
    assert_eq!(write(&mut writer, &other, &[0])[0], 7);
    assert_eq!(write(&mut writer, &header(11), &[0])[0], 0x86);
    assert_eq!(write(&mut writer, &other, &[0])[0], 0x87);
}

#[test]
fn the_extended_timestamp_starts_at_24_bits_and_is_on_every_chunk() {
    let below = write(&mut ChunkWriter::new(), &header(0xFF_FFFE), &[1; 129]);
    assert_eq!(below[..4], [6, 0xFF, 0xFF, 0xFE]);
    assert_eq!(below.len(), 12 + 128 + 1 + 1);
    for timestamp in [0xFF_FFFF, 0x0102_0304, u32::MAX] {
        let bytes = write(&mut ChunkWriter::new(), &header(timestamp), &[1; 300]);
        assert_eq!(bytes[..4], [6, 0xFF, 0xFF, 0xFF]);
        let number = timestamp.to_be_bytes();
        assert_eq!(bytes[12..16], number);
        assert_eq!(bytes[16 + 128..][..5], [[0xC6].as_slice(), &number].concat());
        assert_eq!(bytes[16 + 128 + 5 + 128..][..5], [[0xC6].as_slice(), &number].concat());
    }
}

#[test]
fn late_in_a_long_stream_differences_stay_short() {
    let mut writer = ChunkWriter::new();
    write(&mut writer, &header(0xFFFF_FFF0), &[1; 300]);
    let bytes = write(&mut writer, &header(0x10), &[1; 300]);
    assert_eq!(bytes[..4], [0x86, 0, 0, 0x20], "over the wrap");
    assert_eq!(bytes.len(), 4 + 300 + 2, "and no extended timestamp is in force");
}

#[test]
fn a_gap_too_long_for_a_difference_gets_a_full_header() {
    let mut writer = ChunkWriter::new();
    write(&mut writer, &header(0), &[0]);
    assert_eq!(write(&mut writer, &header(0xFF_FFFE), &[0])[..4], [0x86, 0xFF, 0xFF, 0xFE]);
    let bytes = write(&mut writer, &header(0xFF_FFFE + 0xFF_FFFF), &[0]);
    assert_eq!(bytes[0], 6);
    assert_eq!(bytes[12..16], 0x01FF_FFFD_u32.to_be_bytes());
}

#[test]
fn a_payload_in_parts_is_cut_as_one() {
    let payload: Vec<u8> = (0..1000_u32).map(|index| index as u8).collect();
    let whole = write(&mut ChunkWriter::new(), &header(1), &payload);
    for cuts in [[0, 0], [5, 5], [5, 128], [128, 256], [127, 129], [0, 1000]] {
        let parts = [&payload[..cuts[0]], &payload[cuts[0]..cuts[1]], &payload[cuts[1]..]];
        let mut out = Vec::new();
        ChunkWriter::new().write(&header(1), &parts, &mut out).unwrap();
        assert_eq!(out, whole, "{cuts:?}");
    }
}

#[test]
fn an_empty_payload_is_one_header() {
    let mut out = Vec::new();
    ChunkWriter::new().write(&header(1), &[], &mut out).unwrap();
    assert_eq!(out, [6, 0, 0, 1, 0, 0, 0, 9, 1, 0, 0, 0]);
}

#[test]
fn a_new_chunk_size_holds_after_its_own_message() {
    let mut writer = ChunkWriter::new();
    let mut out = Vec::new();
    writer.write_control(&ProtocolControl::SetChunkSize(4096), &mut out).unwrap();
    assert_eq!(out, [2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 16, 0]);
    assert_eq!(writer.chunk_size(), 4096);
    assert_eq!(write(&mut writer, &header(0), &[0; 4096]).len(), 12 + 4096);
    assert_eq!(write(&mut writer, &header(0), &[0; 4097]).len(), 8 + 4097 + 1);
    writer.write_control(&ProtocolControl::SetChunkSize(1), &mut out).unwrap();
    assert_eq!(
        write(&mut writer, &header(0), &[9; 3]),
        [70, 0, 0, 0, 0, 0, 3, 9, 9, 198, 9, 198, 9]
    );
}

#[test]
fn user_control_goes_where_control_goes() {
    let mut out = Vec::new();
    let pong = UserControl::PingResponse { timestamp: 5 };
    ChunkWriter::new().write_user_control(&pong, &mut out).unwrap();
    assert_eq!(out, [2, 0, 0, 0, 0, 0, 6, 4, 0, 0, 0, 0, 0, 7, 0, 0, 0, 5]);
}

#[test]
fn what_cannot_be_written_writes_nothing() {
    let mut writer = ChunkWriter::new();
    let mut out = Vec::new();
    for size in [0, 1 << 31, u32::MAX] {
        let error = writer.write_control(&ProtocolControl::SetChunkSize(size), &mut out);
        assert_eq!(error, Err(WriteError::InvalidChunkSize { size }));
    }
    for chunk_stream_id in [0, 1, 65_600, u32::MAX] {
        let error = writer.write(&MessageHeader { chunk_stream_id, ..header(0) }, &[], &mut out);
        assert_eq!(error, Err(WriteError::NoSuchChunkStream { chunk_stream_id }));
    }
    let mebibyte = vec![0; 1 << 20];
    let error = writer.write(&header(0), &[&mebibyte[..]; 16], &mut out);
    assert_eq!(error, Err(WriteError::MessageTooLong { length: 1 << 24 }));
    assert!(out.is_empty());
    assert_eq!(writer.chunk_size(), INITIAL_CHUNK_SIZE);
    assert_eq!(write(&mut writer, &header(5), &[0])[0], 6, "and is not remembered");
}
