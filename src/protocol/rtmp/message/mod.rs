//! The protocol's own messages: what keeps a connection going, below commands.
//!
//! [`MessageType`] names every kind, [`ProtocolControl`] and [`UserControl`] read
//! and write the two families that the protocol itself defines, and the windows
//! count bytes for acknowledgements. Commands and data are AMF values and belong
//! to [`amf0`](crate::protocol::amf0); sound and pictures belong to
//! [`flv`](crate::protocol::flv).

mod acknowledgement;
mod control;
mod user_control;

pub use acknowledgement::{ReceiveWindow, SendWindow};
pub use control::{PeerBandwidthLimit, ProtocolControl};
pub use user_control::UserControl;

use thiserror::Error;

/// What a message is (RTMP 1.0 §5.4 and §7.1). Kinds that have no name here are
/// kept as they are: the rule for those is to ignore them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageType(pub u8);

impl MessageType {
    /// Largest chunk that the sender will make from now on.
    pub const SET_CHUNK_SIZE: Self = Self(1);
    /// The rest of a message will not come.
    pub const ABORT: Self = Self(2);
    /// How many bytes have arrived.
    pub const ACKNOWLEDGEMENT: Self = Self(3);
    /// An event about a stream or the connection; see [`UserControl`].
    pub const USER_CONTROL: Self = Self(4);
    /// How often the sender wants acknowledgements.
    pub const WINDOW_ACKNOWLEDGEMENT_SIZE: Self = Self(5);
    /// How much the receiver may have under way.
    pub const SET_PEER_BANDWIDTH: Self = Self(6);
    /// Sound, as the body of an FLV audio tag.
    pub const AUDIO: Self = Self(8);
    /// Pictures, as the body of an FLV video tag.
    pub const VIDEO: Self = Self(9);
    /// Metadata with a format byte.
    pub const DATA_EXTENDED: Self = Self(15);
    /// A shared object event with a format byte.
    pub const SHARED_OBJECT_EXTENDED: Self = Self(16);
    /// A command with a format byte.
    pub const COMMAND_EXTENDED: Self = Self(17);
    /// Metadata in AMF0.
    pub const DATA: Self = Self(18);
    /// A shared object event in AMF0.
    pub const SHARED_OBJECT: Self = Self(19);
    /// A command in AMF0.
    pub const COMMAND: Self = Self(20);
    /// Several sound, picture and data messages in one.
    pub const AGGREGATE: Self = Self(22);
}

/// A message of the protocol itself that says less than it must.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MessageError {
    /// The body ends before all fields are there.
    #[error("a message of type {} has {length} bytes and needs {needed}", message_type.0)]
    TooShort {
        /// The kind of message.
        message_type: MessageType,
        /// Bytes in the body.
        length: usize,
        /// Bytes that its fields take.
        needed: usize,
    },
    /// A chunk size of zero, or of 2³¹ and more (RTMP 1.0 §5.4.1).
    #[error("{size} is no chunk size")]
    InvalidChunkSize {
        /// What the peer sent.
        size: u32,
    },
}

/// Takes the first `N` bytes of a body; more than that is tolerated.
fn fields<const N: usize>(
    message_type: MessageType,
    body: &[u8],
) -> Result<&[u8; N], MessageError> {
    let length = body.len();
    body.first_chunk().ok_or(MessageError::TooShort { message_type, length, needed: N })
}
