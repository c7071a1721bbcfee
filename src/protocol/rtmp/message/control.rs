//! Protocol control messages: chunk size, abort, windows (RTMP 1.0 §5.4).

use super::{MessageError, MessageType, fields};

/// One protocol control message. It travels on chunk stream 2 and message stream
/// 0, and its timestamp means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolControl {
    /// The sender's chunks hold at most this many bytes from the next one on: 1 to
    /// 2³¹ − 1 (§5.4.1).
    SetChunkSize(u32),
    /// The rest of the unfinished message on this chunk stream will not come
    /// (§5.4.2).
    Abort {
        /// Which chunk stream.
        chunk_stream_id: u32,
    },
    /// Bytes received so far, modulo 2³² (§5.4.3).
    Acknowledgement {
        /// The count.
        sequence_number: u32,
    },
    /// The sender wants an acknowledgement each time this many bytes have arrived
    /// (§5.4.4).
    WindowAcknowledgementSize(u32),
    /// The receiver shall keep at most this many bytes unacknowledged (§5.4.5).
    SetPeerBandwidth {
        /// Bytes.
        window_size: u32,
        /// How it combines with the window that already holds.
        limit: PeerBandwidthLimit,
    },
}

/// How a peer bandwidth combines with the one before (RTMP 1.0 §5.4.5). Values
/// without a name are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerBandwidthLimit(pub u8);

impl PeerBandwidthLimit {
    /// Takes its place.
    pub const HARD: Self = Self(0);
    /// The smaller of both holds.
    pub const SOFT: Self = Self(1);
    /// Hard if the last one was hard, else to be ignored.
    pub const DYNAMIC: Self = Self(2);
}

impl ProtocolControl {
    /// Reads a body, or gives none where the type is not one of these. A body that is
    /// longer than its fields is tolerated. So is one that is too short, which says
    /// nothing; only a chunk size has to be known, or nothing after it can be read.
    pub fn parse(message_type: MessageType, body: &[u8]) -> Result<Option<Self>, MessageError> {
        let number = body.first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
        Ok(match message_type {
            MessageType::SET_CHUNK_SIZE => {
                let size = u32::from_be_bytes(*fields(message_type, body)?);
                Some(Self::SetChunkSize(chunk_size(size)?))
            }
            MessageType::ABORT => number.map(|chunk_stream_id| Self::Abort { chunk_stream_id }),
            MessageType::ACKNOWLEDGEMENT => {
                number.map(|sequence_number| Self::Acknowledgement { sequence_number })
            }
            MessageType::WINDOW_ACKNOWLEDGEMENT_SIZE => number.map(Self::WindowAcknowledgementSize),
            MessageType::SET_PEER_BANDWIDTH => {
                // Some servers leave out the limit's type.
                let limit =
                    body.get(4).map_or(PeerBandwidthLimit::HARD, |&b| PeerBandwidthLimit(b));
                number.map(|window_size| Self::SetPeerBandwidth { window_size, limit })
            }
            _ => None,
        })
    }

    /// The type to send it as.
    pub fn message_type(&self) -> MessageType {
        match self {
            Self::SetChunkSize(_) => MessageType::SET_CHUNK_SIZE,
            Self::Abort { .. } => MessageType::ABORT,
            Self::Acknowledgement { .. } => MessageType::ACKNOWLEDGEMENT,
            Self::WindowAcknowledgementSize(_) => MessageType::WINDOW_ACKNOWLEDGEMENT_SIZE,
            Self::SetPeerBandwidth { .. } => MessageType::SET_PEER_BANDWIDTH,
        }
    }

    /// Appends the body to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let number = match *self {
            Self::SetChunkSize(size) | Self::WindowAcknowledgementSize(size) => size,
            Self::Abort { chunk_stream_id } => chunk_stream_id,
            Self::Acknowledgement { sequence_number } => sequence_number,
            Self::SetPeerBandwidth { window_size, .. } => window_size,
        };
        out.extend_from_slice(&number.to_be_bytes());
        if let Self::SetPeerBandwidth { limit, .. } = self {
            out.push(limit.0);
        }
    }
}

/// Zero would never get anywhere, and the top bit must be clear.
fn chunk_size(size: u32) -> Result<u32, MessageError> {
    if size == 0 || size > u32::MAX >> 1 {
        return Err(MessageError::InvalidChunkSize { size });
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> [(ProtocolControl, &'static [u8]); 6] {
        let soft = PeerBandwidthLimit::SOFT;
        [
            (ProtocolControl::SetChunkSize(4096), &[0, 0, 16, 0]),
            (ProtocolControl::SetChunkSize(0x7FFF_FFFF), &[0x7F, 0xFF, 0xFF, 0xFF]),
            (ProtocolControl::Abort { chunk_stream_id: 6 }, &[0, 0, 0, 6]),
            (ProtocolControl::Acknowledgement { sequence_number: 0x0102_0304 }, &[1, 2, 3, 4]),
            (ProtocolControl::WindowAcknowledgementSize(2_500_000), &[0, 0x26, 0x25, 0xA0]),
            (ProtocolControl::SetPeerBandwidth { window_size: 256, limit: soft }, &[0, 0, 1, 0, 1]),
        ]
    }

    #[test]
    fn bodies_are_those_of_the_standard_both_ways() {
        for (control, body) in all() {
            let mut out = Vec::new();
            control.encode(&mut out);
            assert_eq!(out, body, "{control:?}");
            assert_eq!(ProtocolControl::parse(control.message_type(), body), Ok(Some(control)));
        }
    }

    #[test]
    fn a_longer_body_is_read_and_a_shorter_one_says_nothing() {
        for (control, body) in all() {
            let message_type = control.message_type();
            let longer = [body, &[0xEE; 3]].concat();
            assert_eq!(ProtocolControl::parse(message_type, &longer), Ok(Some(control)));
            for length in 0..body.len().min(4) {
                let expected = match control {
                    ProtocolControl::SetChunkSize(_) => {
                        Err(MessageError::TooShort { message_type, length, needed: 4 })
                    }
                    _ => Ok(None),
                };
                assert_eq!(ProtocolControl::parse(message_type, &body[..length]), expected);
            }
        }
    }

    #[test]
    fn a_peer_bandwidth_without_its_limit_is_hard() {
        let parsed = ProtocolControl::parse(MessageType::SET_PEER_BANDWIDTH, &[0, 0, 0, 9]);
        let limit = PeerBandwidthLimit::HARD;
        assert_eq!(parsed, Ok(Some(ProtocolControl::SetPeerBandwidth { window_size: 9, limit })));
    }

    #[test]
    fn a_chunk_size_of_zero_or_with_the_top_bit_is_none() {
        for size in [0, 0x8000_0000, u32::MAX] {
            let parsed = ProtocolControl::parse(MessageType::SET_CHUNK_SIZE, &size.to_be_bytes());
            assert_eq!(parsed, Err(MessageError::InvalidChunkSize { size }));
        }
    }

    #[test]
    fn other_types_are_not_protocol_control() {
        for other in (0..=255).filter(|id| ![1, 2, 3, 5, 6].contains(id)) {
            assert_eq!(ProtocolControl::parse(MessageType(other), &[0; 8]), Ok(None));
        }
    }

    #[test]
    fn an_unknown_limit_type_is_kept() {
        let parsed = ProtocolControl::parse(MessageType::SET_PEER_BANDWIDTH, &[0, 0, 0, 9, 77]);
        let limit = PeerBandwidthLimit(77);
        assert_eq!(parsed, Ok(Some(ProtocolControl::SetPeerBandwidth { window_size: 9, limit })));
    }
}
