//! What a server session is told beforehand.

use crate::protocol::rtmp::chunk::Limits;
use crate::protocol::rtmp::timer::Timeouts;

use super::auth::Authentication;

/// The chunk size that is announced, in bytes.
const CHUNK_SIZE: u32 = 4_096;

/// The window that is announced both ways, in bytes; what other servers use.
const WINDOW: u32 = 2_500_000;

/// What one may ask for who does not publish: no message of his needs more, and
/// whoever begins to publish before he may still has room.
const BEFORE_PUBLISHING: Limits = Limits { max_partial_bytes: 512 << 10, ..Limits::SERVER };

/// How a server behaves towards one connection.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Bytes in our chunks.
    pub chunk_size: u32,
    /// Bytes after which the peer shall acknowledge.
    pub window: u32,
    /// Message streams that one connection may have open.
    pub max_streams: usize,
    /// What the chunks of one who publishes may ask for.
    pub limits: Limits,
    /// What everybody's chunks may ask for.
    pub limits_before_publishing: Limits,
    /// Who may connect; `None` lets everyone in.
    pub authentication: Option<Authentication>,
    /// Why nobody may connect, in words; `None` where they may.
    pub turn_away: Option<&'static str>,
    /// How long to wait for what.
    pub timeouts: Timeouts,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            chunk_size: CHUNK_SIZE,
            window: WINDOW,
            max_streams: 8,
            limits: Limits::SERVER,
            limits_before_publishing: BEFORE_PUBLISHING,
            authentication: None,
            turn_away: None,
            timeouts: Timeouts::SERVER,
        }
    }
}
