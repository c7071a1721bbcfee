//! Live: metadata, configurations and packets on their way out.
//!
//! A packet's bytes are not copied: the socket takes them from where they lie.

use bytes::Bytes;

use crate::media::{Packet, Track, TrackConfig};
use crate::protocol::flv::metadata::Metadata;
use crate::protocol::flv::{audio, video};
use crate::protocol::rtmp::chunk::MessageHeader;
use crate::protocol::rtmp::error::{ErrorKind, State};
use crate::protocol::rtmp::message::MessageType;

use super::core::{Core, chunk_stream};

/// An access unit delimiter before an IDR picture (H.264 §7.3.2.4), with its
/// length.
const DELIMITER: [u8; 6] = [0, 0, 0, 2, 0x09, 0x10];

/// Where a kind of message goes.
type Kind = (u32, MessageType);
const AUDIO: Kind = (chunk_stream::AUDIO, MessageType::AUDIO);
const VIDEO: Kind = (chunk_stream::VIDEO, MessageType::VIDEO);
const DATA: Kind = (chunk_stream::DATA, MessageType::DATA);

impl Core {
    pub fn send_metadata(&mut self, metadata: &Metadata) -> Result<(), ErrorKind> {
        self.send(DATA, 0, &[], &metadata.set_data_frame_body().into())
    }

    pub fn send_config(&mut self, timestamp: u32, config: &TrackConfig) -> Result<(), ErrorKind> {
        match config {
            TrackConfig::Audio(config) => {
                self.send(AUDIO, timestamp, &audio::config_header(), &config.specific_config)
            }
            TrackConfig::Video(config) => {
                self.send(VIDEO, timestamp, &video::config_header(), &config.decoder_config)
            }
        }
    }

    pub fn send_packet(
        &mut self,
        timestamp: u32,
        composition_ms: i32,
        packet: &Packet,
    ) -> Result<(), ErrorKind> {
        match packet.track {
            Track::Audio => self.send(AUDIO, timestamp, &audio::frame_header(), &packet.data),
            Track::Video => {
                let header = video::nalus_header(packet.keyframe, composition_ms);
                if looks_like_start_code(packet) {
                    let prefix = [&header[..], &DELIMITER].concat();
                    return self.send(VIDEO, timestamp, &prefix, &packet.data);
                }
                self.send(VIDEO, timestamp, &header, &packet.data)
            }
        }
    }

    fn send(
        &mut self,
        (chunk_stream_id, message_type): Kind,
        timestamp: u32,
        prefix: &[u8],
        payload: &Bytes,
    ) -> Result<(), ErrorKind> {
        if self.state != State::Live {
            return Err(ErrorKind::NotLive);
        }
        let message_stream_id = self.stream_id;
        let timestamp = self.clocks.advanced(chunk_stream_id, timestamp);
        let header = MessageHeader { chunk_stream_id, timestamp, message_type, message_stream_id };
        Ok(self.out.media(&header, prefix, payload)?)
    }
}

/// The last timestamp of each kind of message. None goes back within its kind: a
/// configuration that changes in mid-stream comes with the time of what is before
/// it, at the earliest.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    audio: u32,
    video: u32,
}

impl Clocks {
    /// `timestamp`, or the last one where that is later. Timestamps wrap and are
    /// compared as serial numbers (RTMP 1.0 §4).
    fn advanced(&mut self, chunk_stream_id: u32, timestamp: u32) -> u32 {
        const HALF_RANGE: u32 = 1 << 31;
        let last = match chunk_stream_id {
            chunk_stream::AUDIO => &mut self.audio,
            chunk_stream::VIDEO => &mut self.video,
            _ => return timestamp,
        };
        if timestamp.wrapping_sub(*last) < HALF_RANGE {
            *last = timestamp;
        }
        *last
    }
}

/// The length of a first NAL unit of 256 to 511 bytes begins with `00 00 01`. At
/// least one server takes that for a start code and closes; a delimiter in front
/// keeps it from looking like one.
fn looks_like_start_code(packet: &Packet) -> bool {
    packet.keyframe && packet.data.starts_with(&[0, 0, 1])
}
