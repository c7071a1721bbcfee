//! Media in from publishers and out to players.

use bytes::Bytes;

use crate::protocol::amf0::{AmfError, Decoder, Value};
use crate::protocol::flv::file::{TAG_HEADER_LEN, TagKind};
use crate::protocol::rtmp::chunk::{Message, MessageHeader};
use crate::protocol::rtmp::error::ErrorKind;
use crate::protocol::rtmp::message::MessageType;

use super::core::{Core, chunk_stream};
use super::stream::Role;
use super::{MediaKind, ServerEvent};

impl Core {
    /// Takes what was published. Anything on a stream that was not accepted is
    /// dropped: clients begin to send before they are told no.
    pub fn on_media(&mut self, message: &Message<'_>) -> Result<(), ErrorKind> {
        let header = &message.header;
        let stream_id = self.streams.resolve(header.message_stream_id);
        let Some(stream_id) = stream_id.filter(|&id| self.streams.role(id) == Role::Publishing)
        else {
            return Ok(());
        };
        match header.message_type {
            MessageType::AUDIO => {
                self.publish(stream_id, MediaKind::Audio, header.timestamp, message.to_bytes());
            }
            MessageType::VIDEO => {
                self.publish(stream_id, MediaKind::Video, header.timestamp, message.to_bytes());
            }
            MessageType::AGGREGATE => {
                self.on_aggregate(stream_id, header.timestamp, &message.to_bytes())?;
            }
            _ => self.on_data(stream_id, header.timestamp, message.to_bytes()),
        }
        Ok(())
    }

    /// Sends something to a player.
    pub fn send(
        &mut self,
        stream_id: u32,
        kind: MediaKind,
        timestamp: u32,
        payload: &Bytes,
    ) -> Result<(), ErrorKind> {
        if self.streams.role(stream_id) != Role::Playing {
            return Err(ErrorKind::NotLive);
        }
        let (chunk_stream_id, message_type) = match kind {
            MediaKind::Audio => (chunk_stream::AUDIO, MessageType::AUDIO),
            MediaKind::Video => (chunk_stream::VIDEO, MessageType::VIDEO),
            MediaKind::Metadata | MediaKind::Data => (chunk_stream::STREAM, MessageType::DATA),
        };
        let header = MessageHeader {
            chunk_stream_id,
            timestamp,
            message_type,
            message_stream_id: stream_id,
        };
        self.out.media(&header, &[], payload)?;
        self.played = true;
        Ok(())
    }

    /// Players take an empty message for the end, so none is passed on.
    fn publish(&mut self, stream_id: u32, kind: MediaKind, timestamp: u32, payload: Bytes) {
        if !payload.is_empty() {
            self.events.push_back(ServerEvent::Media { stream_id, kind, timestamp, payload });
        }
    }

    /// A data message: `@setDataFrame` asks to keep what follows it. The format byte
    /// of the "extended" kind is taken off, and players get AMF0. What can't be read is
    /// left out: no player could.
    fn on_data(&mut self, stream_id: u32, timestamp: u32, body: Bytes) {
        match data_kind(&body) {
            Ok(Some((kind, start))) => {
                self.publish(stream_id, kind, timestamp, body.slice(start..))
            }
            Ok(None) => {}
            Err(error) => tracing::debug!(%error, "data that can't be read is left out"),
        }
    }

    /// Several messages in one, each like a tag of an FLV file with the size behind
    /// it (RTMP 1.0 §7.1.6). Their times are moved so that the first has that of
    /// the whole.
    fn on_aggregate(
        &mut self,
        stream_id: u32,
        timestamp: u32,
        body: &Bytes,
    ) -> Result<(), ErrorKind> {
        let mut at = 0;
        let mut first = None;
        while let Some(&[kind, l2, l1, l0, t2, t1, t0, t3, ..]) =
            body.get(at..).and_then(|rest| rest.first_chunk::<TAG_HEADER_LEN>())
        {
            let time = u32::from_be_bytes([t3, t2, t1, t0]);
            let shift = timestamp.wrapping_sub(*first.get_or_insert(time));
            let start = at + TAG_HEADER_LEN;
            let end = start + u32::from_be_bytes([0, l2, l1, l0]) as usize;
            if end > body.len() {
                break;
            }
            // In memory of its own: what is kept of one must not keep all of them.
            let inner = Bytes::copy_from_slice(&body[start..end]);
            let time = time.wrapping_add(shift);
            match TagKind::from_wire(kind) {
                TagKind::Audio => self.publish(stream_id, MediaKind::Audio, time, inner),
                TagKind::Video => self.publish(stream_id, MediaKind::Video, time, inner),
                TagKind::Script => self.on_data(stream_id, time, inner),
                TagKind::Other(_) => {}
            }
            // One message may hold a million of them.
            self.check_flood()?;
            at = end + 4;
        }
        Ok(())
    }
}

/// What a data message is, and where in its body that begins which is passed on.
fn data_kind(body: &[u8]) -> Result<Option<(MediaKind, usize)>, AmfError> {
    let mut decoder = Decoder::new_extended(body);
    let mut start = decoder.offset();
    let mut name = decoder.next_value()?;
    if name.as_ref().and_then(Value::as_str) == Some("@setDataFrame") {
        start = decoder.offset();
        name = decoder.next_value()?;
    }
    Ok(match name.as_ref().and_then(Value::as_str) {
        Some("onMetaData") => Some((MediaKind::Metadata, start)),
        Some("@clearDataFrame") | None => None,
        Some(_) => Some((MediaKind::Data, start)),
    })
}
