//! What the session tests share: two sessions joined in virtual time, a scripted
//! peer, and sample media.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod scripted;

use bytes::Bytes;
use tallylight::media::{
    AudioConfig, FrameRate, MediaTime, Packet, Track, TrackConfig, VideoConfig,
};
use tallylight::protocol::flv::metadata::Metadata;
use tallylight::protocol::rtmp::client::{ClientOptions, ClientSession, Event};
use tallylight::protocol::rtmp::error::Error;
use tallylight::protocol::rtmp::handshake::RANDOM_SIZE;
use tallylight::protocol::rtmp::server::{ServerEvent, ServerOptions, ServerSession};
use tallylight::protocol::rtmp::url::Target;

/// What a server sent to our client, handshake included: `tests/fixtures/rtmp`
/// says which one and when.
pub fn recording(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rtmp");
    let path = folder.join(format!("{name}.bin"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// "Random" bytes that differ by seed.
pub fn random(seed: u8) -> [u8; RANDOM_SIZE] {
    std::array::from_fn(|i| (i as u8).wrapping_mul(31).wrapping_add(seed))
}

pub fn at(ms: i64) -> MediaTime {
    MediaTime::from_millis(ms)
}

pub fn options(url: &str) -> ClientOptions {
    ClientOptions::new(Target::parse(url).expect("the test's address is right"))
}

/// A client for `rtmp://media.example/live/k3y-of-test`.
pub fn client() -> ClientSession {
    ClientSession::new(options("rtmp://media.example/live/k3y-of-test"), &random(1), at(0))
}

pub fn server() -> ServerSession {
    ServerSession::new(ServerOptions::default(), &random(2), at(0))
}

pub fn video_config() -> VideoConfig {
    let record =
        [1, 0x42, 0xC0, 0x1F, 0xFF, 0xE1, 0, 4, 0x67, 0x42, 0xC0, 0x1F, 1, 0, 2, 0x68, 0xCE];
    VideoConfig {
        decoder_config: Bytes::copy_from_slice(&record),
        width: 1280,
        height: 720,
        fps: FrameRate::whole(30),
        kbps: 2500,
    }
}

pub fn audio_config() -> AudioConfig {
    AudioConfig {
        specific_config: Bytes::from_static(&[0x11, 0x90]),
        sample_rate: 48_000,
        channels: 2,
        kbps: 128,
    }
}

pub fn metadata() -> Metadata {
    Metadata { video: Some(video_config()), audio: Some(audio_config()) }
}

/// An access unit of one NAL unit with `len` bytes.
pub fn video_packet(ms: i64, keyframe: bool, len: usize) -> Packet {
    let mut data = (len as u32).to_be_bytes().to_vec();
    data.push(if keyframe { 0x65 } else { 0x41 });
    data.extend((1..len).map(|i| i as u8));
    let time = at(ms);
    Packet { track: Track::Video, pts: time, dts: time, keyframe, data: data.into() }
}

pub fn audio_packet(ms: i64, len: usize) -> Packet {
    let data = (0..len).map(|i| i as u8 ^ 0x21).collect::<Vec<_>>().into();
    Packet { track: Track::Audio, pts: at(ms), dts: at(ms), keyframe: true, data }
}

/// Sends metadata, both configurations and `frames` frames with sound.
pub fn send_start(client: &mut ClientSession, now: MediaTime, frames: i64) -> Result<(), Error> {
    client.send_metadata(now, &metadata())?;
    client.send_config(now, &TrackConfig::Audio(audio_config()))?;
    client.send_config(now, &TrackConfig::Video(video_config()))?;
    for i in 0..frames {
        let ms = i * 33;
        let len = if i == 0 { 20_000 } else { 3_000 };
        client.send_packet(now, ms as u32, 0, &video_packet(ms, i == 0, len))?;
        client.send_packet(now, ms as u32, 0, &audio_packet(ms, 340))?;
    }
    Ok(())
}

/// All events that wait.
pub fn events(client: &mut ClientSession) -> Vec<Event> {
    std::iter::from_fn(|| client.poll_event()).collect()
}

pub fn server_events(server: &mut ServerSession) -> Vec<ServerEvent> {
    std::iter::from_fn(|| server.poll_event()).collect()
}

/// Takes all output at once.
pub fn take_output(client: &mut ClientSession, now: MediaTime) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !client.output().is_empty() {
        let piece = client.output().to_vec();
        client.consume(now, piece.len());
        bytes.extend(piece);
    }
    bytes
}

pub fn take_server_output(server: &mut ServerSession) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !server.output().is_empty() {
        let piece = server.output().to_vec();
        server.consume(piece.len());
        bytes.extend(piece);
    }
    bytes
}
