//! What a server session is told beforehand.

use crate::protocol::rtmp::timer::Timeouts;

use super::auth::Authentication;

/// The chunk size that is announced, in bytes.
const CHUNK_SIZE: u32 = 4_096;

/// The window that is announced both ways, in bytes; what other servers use.
const WINDOW: u32 = 2_500_000;

/// How a server behaves towards one connection.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Bytes in our chunks.
    pub chunk_size: u32,
    /// Bytes after which the peer shall acknowledge.
    pub window: u32,
    /// Message streams that one connection may have open.
    pub max_streams: usize,
    /// Who may connect; `None` lets everyone in.
    pub authentication: Option<Authentication>,
    /// How long to wait for what.
    pub timeouts: Timeouts,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            chunk_size: CHUNK_SIZE,
            window: WINDOW,
            max_streams: 8,
            authentication: None,
            timeouts: Timeouts::SERVER,
        }
    }
}
