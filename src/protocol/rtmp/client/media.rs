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

    pub fn send_config(&mut self, config: &TrackConfig) -> Result<(), ErrorKind> {
        match config {
            TrackConfig::Audio(config) => {
                let time = self.clocks.audio.unwrap_or(0);
                self.send(AUDIO, time, &audio::config_header(), &config.specific_config)
            }
            TrackConfig::Video(config) => {
                let time = self.clocks.video.unwrap_or(0);
                self.send(VIDEO, time, &video::config_header(), &config.decoder_config)
            }
        }
    }

    pub fn send_packet(
        &mut self,
        timestamp: u32,
        composition_ms: i32,
        packet: &Packet,
    ) -> Result<(), ErrorKind> {
        self.expect_live()?;
        match packet.track {
            Track::Audio => {
                let time = advanced(&mut self.clocks.audio, timestamp);
                self.send(AUDIO, time, &audio::frame_header(), &packet.data)
            }
            Track::Video => {
                let time = advanced(&mut self.clocks.video, timestamp);
                let header = video::nalus_header(packet.keyframe, composition_ms);
                if looks_like_start_code(packet) {
                    let prefix = [&header[..], &DELIMITER].concat();
                    return self.send(VIDEO, time, &prefix, &packet.data);
                }
                self.send(VIDEO, time, &header, &packet.data)
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
        self.expect_live()?;
        let message_stream_id = self.stream_id.unwrap_or(0);
        let header = MessageHeader { chunk_stream_id, timestamp, message_type, message_stream_id };
        Ok(self.out.media(&header, prefix, payload)?)
    }

    fn expect_live(&self) -> Result<(), ErrorKind> {
        if self.state == State::Live { Ok(()) } else { Err(ErrorKind::NotLive) }
    }
}

/// The time of each track's last packet, which a configuration in mid-stream goes
/// out with.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    audio: Option<u32>,
    video: Option<u32>,
}

/// `timestamp`, or the last one where that is later: no track's time goes back.
/// Timestamps wrap and are compared as serial numbers (RTMP 1.0 §4).
fn advanced(last: &mut Option<u32>, timestamp: u32) -> u32 {
    const HALF_RANGE: u32 = 1 << 31;
    let time = match *last {
        Some(last) if timestamp.wrapping_sub(last) >= HALF_RANGE => last,
        _ => timestamp,
    };
    *last = Some(time);
    time
}

/// The length of a first NAL unit of 256 to 511 bytes begins with `00 00 01`. At
/// least one server takes that for a start code and closes; a delimiter in front
/// keeps it from looking like one.
fn looks_like_start_code(packet: &Packet) -> bool {
    packet.keyframe && packet.data.starts_with(&[0, 0, 1])
}
