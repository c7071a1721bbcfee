//! User control messages: events about streams, and pings (RTMP 1.0 §6.2, §7.1.7).

use super::{MessageError, MessageType, fields};

/// One user control event. It travels as protocol control messages do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserControl {
    /// The stream can be used (event 0).
    StreamBegin {
        /// The message stream.
        stream_id: u32,
    },
    /// Playback of the stream has ended (event 1).
    StreamEof {
        /// The message stream.
        stream_id: u32,
    },
    /// No more data on the stream for now (event 2).
    StreamDry {
        /// The message stream.
        stream_id: u32,
    },
    /// How much the player buffers (event 3).
    SetBufferLength {
        /// The message stream.
        stream_id: u32,
        /// Milliseconds.
        buffer_ms: u32,
    },
    /// The stream is a recording (event 4).
    StreamIsRecorded {
        /// The message stream.
        stream_id: u32,
    },
    /// To be answered at once with the same number (event 6).
    PingRequest {
        /// The server's clock in milliseconds.
        timestamp: u32,
    },
    /// The answer (event 7).
    PingResponse {
        /// The number of the request.
        timestamp: u32,
    },
    /// Asks for proof of the player's program (event 26, by use).
    SwfVerificationRequest,
    /// Such a proof (event 27, by use).
    SwfVerificationResponse {
        /// 42 bytes where it is meant seriously.
        proof: Vec<u8>,
    },
    /// The server's send buffer ran empty (event 31, by use).
    BufferEmpty {
        /// The message stream.
        stream_id: u32,
    },
    /// The server's send buffer is filled again (event 32, by use).
    BufferReady {
        /// The message stream.
        stream_id: u32,
    },
    /// An event with no name here, to be ignored.
    Unknown {
        /// Its number.
        event: u16,
        /// What came with it.
        data: Vec<u8>,
    },
}

/// The event numbers.
mod event {
    pub const STREAM_BEGIN: u16 = 0;
    pub const STREAM_EOF: u16 = 1;
    pub const STREAM_DRY: u16 = 2;
    pub const SET_BUFFER_LENGTH: u16 = 3;
    pub const STREAM_IS_RECORDED: u16 = 4;
    pub const PING_REQUEST: u16 = 6;
    pub const PING_RESPONSE: u16 = 7;
    pub const SWF_VERIFICATION_REQUEST: u16 = 26;
    pub const SWF_VERIFICATION_RESPONSE: u16 = 27;
    pub const BUFFER_EMPTY: u16 = 31;
    pub const BUFFER_READY: u16 = 32;
}

impl UserControl {
    /// Reads the body of a message of type 4. A body that is longer than its
    /// fields is tolerated.
    pub fn parse(body: &[u8]) -> Result<Self, MessageError> {
        let number = || Ok(u32::from_be_bytes(*data::<4>(body)?));
        let event = u16::from_be_bytes(*fields(MessageType::USER_CONTROL, body)?);
        Ok(match event {
            event::STREAM_BEGIN => Self::StreamBegin { stream_id: number()? },
            event::STREAM_EOF => Self::StreamEof { stream_id: number()? },
            event::STREAM_DRY => Self::StreamDry { stream_id: number()? },
            event::SET_BUFFER_LENGTH => {
                let [a, b, c, d, buffer_ms @ ..] = *data::<8>(body)?;
                let stream_id = u32::from_be_bytes([a, b, c, d]);
                Self::SetBufferLength { stream_id, buffer_ms: u32::from_be_bytes(buffer_ms) }
            }
            event::STREAM_IS_RECORDED => Self::StreamIsRecorded { stream_id: number()? },
            event::PING_REQUEST => Self::PingRequest { timestamp: number()? },
            event::PING_RESPONSE => Self::PingResponse { timestamp: number()? },
            event::SWF_VERIFICATION_REQUEST => Self::SwfVerificationRequest,
            event::SWF_VERIFICATION_RESPONSE => {
                Self::SwfVerificationResponse { proof: body[2..].to_vec() }
            }
            event::BUFFER_EMPTY => Self::BufferEmpty { stream_id: number()? },
            event::BUFFER_READY => Self::BufferReady { stream_id: number()? },
            event => Self::Unknown { event, data: body[2..].to_vec() },
        })
    }

    /// Its event number.
    pub fn event(&self) -> u16 {
        match self {
            Self::StreamBegin { .. } => event::STREAM_BEGIN,
            Self::StreamEof { .. } => event::STREAM_EOF,
            Self::StreamDry { .. } => event::STREAM_DRY,
            Self::SetBufferLength { .. } => event::SET_BUFFER_LENGTH,
            Self::StreamIsRecorded { .. } => event::STREAM_IS_RECORDED,
            Self::PingRequest { .. } => event::PING_REQUEST,
            Self::PingResponse { .. } => event::PING_RESPONSE,
            Self::SwfVerificationRequest => event::SWF_VERIFICATION_REQUEST,
            Self::SwfVerificationResponse { .. } => event::SWF_VERIFICATION_RESPONSE,
            Self::BufferEmpty { .. } => event::BUFFER_EMPTY,
            Self::BufferReady { .. } => event::BUFFER_READY,
            Self::Unknown { event, .. } => *event,
        }
    }

    /// Appends the body to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.event().to_be_bytes());
        match self {
            Self::StreamBegin { stream_id: number }
            | Self::StreamEof { stream_id: number }
            | Self::StreamDry { stream_id: number }
            | Self::StreamIsRecorded { stream_id: number }
            | Self::PingRequest { timestamp: number }
            | Self::PingResponse { timestamp: number }
            | Self::BufferEmpty { stream_id: number }
            | Self::BufferReady { stream_id: number } => {
                out.extend_from_slice(&number.to_be_bytes());
            }
            Self::SetBufferLength { stream_id, buffer_ms } => {
                out.extend_from_slice(&stream_id.to_be_bytes());
                out.extend_from_slice(&buffer_ms.to_be_bytes());
            }
            Self::SwfVerificationRequest => {}
            Self::SwfVerificationResponse { proof: data } | Self::Unknown { data, .. } => {
                out.extend_from_slice(data);
            }
        }
    }
}

/// The first `N` bytes after the event number.
fn data<const N: usize>(body: &[u8]) -> Result<&[u8; N], MessageError> {
    let too_short = MessageError::TooShort {
        message_type: MessageType::USER_CONTROL,
        length: body.len(),
        needed: 2 + N,
    };
    body.get(2..).and_then(|data| data.first_chunk()).ok_or(too_short)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<(UserControl, Vec<u8>)> {
        let stream_id = 0x0102_0304;
        let timestamp = 0xFFFF_FFFE;
        vec![
            (UserControl::StreamBegin { stream_id }, vec![0, 0, 1, 2, 3, 4]),
            (UserControl::StreamEof { stream_id }, vec![0, 1, 1, 2, 3, 4]),
            (UserControl::StreamDry { stream_id }, vec![0, 2, 1, 2, 3, 4]),
            (
                UserControl::SetBufferLength { stream_id, buffer_ms: 3000 },
                vec![0, 3, 1, 2, 3, 4, 0, 0, 0x0B, 0xB8],
            ),
            (UserControl::StreamIsRecorded { stream_id }, vec![0, 4, 1, 2, 3, 4]),
            (UserControl::PingRequest { timestamp }, vec![0, 6, 255, 255, 255, 254]),
            (UserControl::PingResponse { timestamp }, vec![0, 7, 255, 255, 255, 254]),
            (UserControl::SwfVerificationRequest, vec![0, 26]),
            (UserControl::BufferEmpty { stream_id }, vec![0, 31, 1, 2, 3, 4]),
            (UserControl::BufferReady { stream_id }, vec![0, 32, 1, 2, 3, 4]),
        ]
    }

    #[test]
    fn bodies_are_those_of_the_standard_both_ways() {
        for (event, body) in all() {
            let mut out = Vec::new();
            event.encode(&mut out);
            assert_eq!(out, body, "{event:?}");
            assert_eq!(UserControl::parse(&body), Ok(event));
        }
    }

    #[test]
    fn a_longer_body_is_read_and_a_shorter_one_is_an_error() {
        for (event, body) in all() {
            let longer = [body.as_slice(), &[0xEE; 5]].concat();
            assert_eq!(UserControl::parse(&longer), Ok(event));
            for length in 0..body.len() {
                let error = UserControl::parse(&body[..length]);
                assert!(matches!(error, Err(MessageError::TooShort { .. })), "{error:?}");
            }
        }
    }

    #[test]
    fn what_has_no_fixed_length_is_kept_whole() {
        let proof = vec![1; 42];
        let unknown = UserControl::Unknown { event: 0x1234, data: vec![5, 6] };
        for event in [UserControl::SwfVerificationResponse { proof }, unknown] {
            let mut body = Vec::new();
            event.encode(&mut body);
            assert_eq!(UserControl::parse(&body), Ok(event));
        }
    }
}
