//! Writing and reading chunks, in bytes of payload per second, beside two other
//! implementations on the same packets and beside a plain copy.
//!
//! `write`: a packet becomes the body of an FLV tag and that becomes chunks of
//! 4096 bytes. The packet's bytes are shared with other destinations, so that the
//! others have to put tag header and packet together first; `_ready` leaves that
//! out. `tallylight` is what the program does: a live session takes the packet and
//! gives the pieces for a vectored write; `tallylight_copied` is its chunk writer
//! into one buffer. `read`: a stream of such messages in pieces of 16 KiB, as a socket gives
//! them. The others hand out messages of their own; `tallylight_shared` does that
//! too.

use std::hint::black_box;
use std::io::IoSlice;
use std::time::Duration;

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rml_rtmp::chunk_io::{ChunkDeserializer, ChunkSerializer};
use rml_rtmp::messages::MessagePayload;
use rml_rtmp::time::RtmpTimestamp;
use rtmp_runtime::chunk as runtime;
use tallylight::media::{MediaTime, Packet, Track};
use tallylight::protocol::flv::video::nalus_header;
use tallylight::protocol::rtmp::State;
use tallylight::protocol::rtmp::chunk::{ChunkReader, ChunkWriter, Limits, MessageHeader};
use tallylight::protocol::rtmp::client::{ClientOptions, ClientSession};
use tallylight::protocol::rtmp::handshake::RANDOM_SIZE;
use tallylight::protocol::rtmp::message::{MessageType, ProtocolControl};
use tallylight::protocol::rtmp::server::{ServerEvent, ServerOptions, ServerSession};
use tallylight::protocol::rtmp::url::Target;

/// Our own chunk size while publishing, in bytes.
const CHUNK_SIZE: u32 = 4096;

/// What a socket gives at a time, in bytes.
const PIECE: usize = 16 << 10;

/// An audio packet, a picture and a keyframe, in bytes.
const SIZES: [usize; 3] = [400, 10_000, 200_000];

fn packet(size: usize) -> Bytes {
    (0..size).map(|index| (index * 31) as u8).collect::<Vec<_>>().into()
}

fn header(timestamp: u32) -> MessageHeader {
    MessageHeader {
        chunk_stream_id: 6,
        timestamp,
        message_type: MessageType::VIDEO,
        message_stream_id: 1,
    }
}

/// The body of an FLV tag as one piece of memory.
fn tag_body(packet: &Bytes) -> Vec<u8> {
    let header = nalus_header(false, 0);
    let mut body = Vec::with_capacity(header.len() + packet.len());
    body.extend_from_slice(&header);
    body.extend_from_slice(packet);
    body
}

fn rml_message(timestamp: u32, data: Bytes) -> MessagePayload {
    let timestamp = RtmpTimestamp::new(timestamp);
    MessagePayload { timestamp, type_id: 9, message_stream_id: 1, data }
}

fn runtime_message(timestamp: u32, payload: Vec<u8>) -> runtime::Message {
    runtime::Message {
        chunk_stream_id: 6,
        timestamp,
        message_type_id: 9,
        message_stream_id: 1,
        payload,
    }
}

fn our_writer(out: &mut Vec<u8>) -> ChunkWriter {
    let mut writer = ChunkWriter::new();
    writer.write_control(&ProtocolControl::SetChunkSize(CHUNK_SIZE), out).unwrap();
    writer
}

fn video_packet(data: Bytes) -> Packet {
    let time = MediaTime::ZERO;
    Packet { track: Track::Video, pts: time, dts: time, keyframe: false, data }
}

/// A publishing session that a server has let in.
fn live_session() -> ClientSession {
    let target = Target::parse("rtmp://127.0.0.1/live/k").unwrap();
    let now = MediaTime::ZERO;
    let mut client = ClientSession::new(ClientOptions::new(target), &[1; RANDOM_SIZE], now);
    let mut server = ServerSession::new(ServerOptions::default(), &[2; RANDOM_SIZE], now);
    while client.state() != State::Live {
        let up = client.output().to_vec();
        client.consume(now, up.len());
        assert_eq!(server.read(now, &up).unwrap(), up.len());
        while let Some(event) = server.poll_event() {
            if let ServerEvent::PublishRequested { stream_id, .. } = event {
                server.accept_publish(stream_id).unwrap();
            }
        }
        let down = server.output().to_vec();
        server.consume(down.len());
        client.read(now, &down).unwrap();
    }
    client
}

fn write(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("write");
    for size in SIZES {
        let packet = packet(size);
        group.throughput(Throughput::Bytes(size as u64));
        let id = |name| BenchmarkId::new(name, size);
        group.bench_function(id("memcpy"), |bencher| {
            let mut out = Vec::new();
            bencher.iter(|| {
                out.clear();
                out.extend_from_slice(black_box(&packet));
                black_box(&out);
            });
        });
        group.bench_function(id("tallylight"), |bencher| {
            let mut session = live_session();
            let mut packet = video_packet(packet.clone());
            let now = MediaTime::ZERO;
            bencher.iter(|| {
                packet.dts += Duration::from_millis(33);
                let timestamp = packet.dts.as_millis() as u32;
                session.send_packet(now, timestamp, 0, black_box(&packet)).unwrap();
                while session.pending_bytes() > 0 {
                    let mut slices = [IoSlice::new(&[]); 64];
                    let count = session.output_slices(&mut slices);
                    let taken = black_box(&slices[..count]).iter().map(|slice| slice.len()).sum();
                    session.consume(now, taken);
                }
            });
        });
        group.bench_function(id("tallylight_copied"), |bencher| {
            let mut out = Vec::new();
            let mut writer = our_writer(&mut out);
            let mut timestamp = 0;
            bencher.iter(|| {
                out.clear();
                timestamp += 33;
                let tag = nalus_header(false, 0);
                let parts = [&tag[..], black_box(&packet[..])];
                writer.write(&header(timestamp), &parts, &mut out).unwrap();
                black_box(&out);
            });
        });
        group.bench_function(id("rml_rtmp"), |bencher| {
            let mut writer = rml_writer();
            let mut timestamp = 0;
            bencher.iter(|| {
                timestamp += 33;
                let message = rml_message(timestamp, tag_body(black_box(&packet)).into());
                writer.serialize(&message, false, false).unwrap().bytes
            });
        });
        group.bench_function(id("rml_rtmp_ready"), |bencher| {
            let mut writer = rml_writer();
            let body = Bytes::from(tag_body(&packet));
            let mut timestamp = 0;
            bencher.iter(|| {
                timestamp += 33;
                let message = rml_message(timestamp, body.clone());
                writer.serialize(black_box(&message), false, false).unwrap().bytes
            });
        });
        group.bench_function(id("rtmp_runtime"), |bencher| {
            let mut writer = runtime_writer();
            let mut timestamp = 0;
            bencher.iter(|| {
                timestamp += 33;
                let message = runtime_message(timestamp, tag_body(black_box(&packet)));
                writer.write(&message).unwrap()
            });
        });
        group.bench_function(id("rtmp_runtime_ready"), |bencher| {
            let mut writer = runtime_writer();
            let mut message = runtime_message(0, tag_body(&packet));
            bencher.iter(|| {
                message.timestamp += 33;
                writer.write(black_box(&message)).unwrap()
            });
        });
    }
    group.finish();
}

fn rml_writer() -> ChunkSerializer {
    let mut writer = ChunkSerializer::new();
    writer.set_max_chunk_size(CHUNK_SIZE, RtmpTimestamp::new(0)).unwrap();
    writer
}

fn runtime_writer() -> runtime::ChunkWriter {
    let mut writer = runtime::ChunkWriter::new();
    writer.set_chunk_size(CHUNK_SIZE);
    writer
}

/// Messages of that size, a megabyte or so in all: the first bytes set the chunk
/// size.
fn stream(size: usize) -> (Vec<u8>, Vec<u8>, usize) {
    let (packet, count) = (packet(size), 1_000_000 / size);
    let mut set_chunk_size = Vec::new();
    let mut writer = our_writer(&mut set_chunk_size);
    let mut bytes = Vec::new();
    for index in 0..count as u32 {
        writer.write(&header(33 * index), &[&nalus_header(false, 0), &packet], &mut bytes).unwrap();
    }
    (set_chunk_size, bytes, count * size)
}

fn read(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read");
    for size in SIZES {
        let (set_chunk_size, bytes, payload) = stream(size);
        group.throughput(Throughput::Bytes(payload as u64));
        let id = |name| BenchmarkId::new(name, size);
        group.bench_function(id("memcpy"), |bencher| {
            let mut out = Vec::new();
            bencher.iter(|| {
                for message in black_box(&bytes).chunks(size) {
                    out.clear();
                    out.extend_from_slice(message);
                    black_box(&out);
                }
            });
        });
        group.bench_function(id("tallylight"), |bencher| {
            let mut reader = our_reader(&set_chunk_size);
            bencher.iter(|| {
                for mut piece in black_box(&bytes).chunks(PIECE) {
                    while let Some(message) = reader.read(&mut piece).unwrap() {
                        black_box(message.payload);
                    }
                }
            });
        });
        group.bench_function(id("tallylight_shared"), |bencher| {
            let mut reader = our_reader(&set_chunk_size);
            bencher.iter(|| {
                for mut piece in black_box(&bytes).chunks(PIECE) {
                    while let Some(message) = reader.read(&mut piece).unwrap() {
                        black_box(message.to_bytes());
                    }
                }
            });
        });
        group.bench_function(id("rml_rtmp"), |bencher| {
            let mut reader = ChunkDeserializer::new();
            reader.set_max_chunk_size(CHUNK_SIZE as usize).unwrap();
            bencher.iter(|| {
                for piece in black_box(&bytes).chunks(PIECE) {
                    let mut message = reader.get_next_message(piece).unwrap();
                    while message.is_some() {
                        black_box(message);
                        message = reader.get_next_message(&[]).unwrap();
                    }
                }
            });
        });
        group.bench_function(id("rtmp_runtime"), |bencher| {
            let mut reader = runtime::ChunkAssembler::new();
            reader.set_chunk_size(CHUNK_SIZE);
            bencher.iter(|| {
                for piece in black_box(&bytes).chunks(PIECE) {
                    black_box(reader.push(piece).unwrap());
                }
            });
        });
    }
    group.finish();
}

fn our_reader(set_chunk_size: &[u8]) -> ChunkReader {
    let mut reader = ChunkReader::new(Limits::SERVER);
    let mut input = set_chunk_size;
    assert!(reader.read(&mut input).unwrap().is_some());
    reader
}

criterion_group!(benches, write, read);
criterion_main!(benches);
