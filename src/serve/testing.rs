//! Messages for the tests of this folder.

use super::message::Message;
use crate::protocol::rtmp::server::MediaKind;

pub fn message(kind: MediaKind, timestamp: u32, body: &[u8]) -> Message {
    Message { kind, timestamp, payload: body.to_vec().into() }
}

pub fn metadata(timestamp: u32) -> Message {
    message(MediaKind::Metadata, timestamp, b"\x02\x00\x0AonMetaData\x05")
}

pub fn video_header(timestamp: u32, version: u8) -> Message {
    message(MediaKind::Video, timestamp, &[0x17, 0, 0, 0, 0, version])
}

pub fn audio_header(timestamp: u32, version: u8) -> Message {
    message(MediaKind::Audio, timestamp, &[0xAF, 0, version])
}

pub fn key(timestamp: u32) -> Message {
    message(MediaKind::Video, timestamp, &[0x17, 1, 0, 0, 0, 9])
}

pub fn inter(timestamp: u32) -> Message {
    message(MediaKind::Video, timestamp, &[0x27, 1, 0, 0, 0, 9])
}

pub fn sound(timestamp: u32) -> Message {
    message(MediaKind::Audio, timestamp, &[0xAF, 1, 9])
}

pub fn end_of_sequence(timestamp: u32) -> Message {
    message(MediaKind::Video, timestamp, &[0x17, 2, 0, 0, 0])
}

pub fn text_data(timestamp: u32) -> Message {
    message(MediaKind::Data, timestamp, b"\x02\0\x0AonTextData\x05")
}

/// A video header that lacks its configuration.
pub fn empty_header(timestamp: u32) -> Message {
    message(MediaKind::Video, timestamp, &[0x17, 0, 0, 0, 0])
}
