//! What a publishing session is told beforehand.

use crate::protocol::rtmp::auth::AuthRound;
use crate::protocol::rtmp::handshake::ClientForm;
use crate::protocol::rtmp::key::StreamKey;
use crate::protocol::rtmp::timer::Timeouts;
use crate::protocol::rtmp::url::{RtmpUrl, Target};

/// How often a server's request to go elsewhere is followed, in a row.
pub const MAX_REDIRECTS: u8 = 5;

/// The chunk size that is announced, in bytes. All servers take it; some close
/// below 128, some above 65,536.
const CHUNK_SIZE: u32 = 4_096;

/// Bytes after which the server shall acknowledge.
const ACK_WINDOW: u32 = 100_000;

/// Servers tell encoders from players by how this starts.
const FLASH_VERSION: &str =
    concat!("FMLE/3.0 (compatible; Tallylight/", env!("CARGO_PKG_VERSION"), ")");

/// Where to publish to, and what to say on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientOptions {
    /// The server.
    pub url: RtmpUrl,
    /// What to publish under.
    pub key: StreamKey,
    /// What to say about user and password, after a rejection that asked for it.
    pub auth: Option<AuthRound>,
    /// How many redirects led here in a row.
    pub redirects: u8,
    /// Bytes in our chunks, 128 to 65,536.
    pub chunk_size: u32,
    /// Bytes after which the server shall acknowledge; 0 asks for nothing.
    pub ack_window: u32,
    /// What we call ourselves in `connect`.
    pub flash_version: String,
    /// Which handshake to start.
    pub handshake: ClientForm,
    /// Whether to send `releaseStream`, `FCPublish` and `FCUnpublish`, which are in
    /// no standard and which most servers expect.
    pub fc_commands: bool,
    /// Whether to tell the server that its reconnect requests are followed
    /// (Enhanced RTMP, `capsEx`). Some services close on fields that they do not
    /// know.
    pub announce_reconnect: bool,
    /// How long to wait for what.
    pub timeouts: Timeouts,
}

impl ClientOptions {
    /// What works with every server that is known.
    pub fn new(target: Target) -> Self {
        Self {
            url: target.url,
            key: target.key,
            auth: None,
            redirects: 0,
            chunk_size: CHUNK_SIZE,
            ack_window: ACK_WINDOW,
            flash_version: FLASH_VERSION.to_owned(),
            handshake: ClientForm::Simple,
            fc_commands: true,
            announce_reconnect: false,
            timeouts: Timeouts::CLIENT,
        }
    }

    /// For the session after one that was sent elsewhere.
    pub fn redirected(&self, url: RtmpUrl) -> Self {
        Self { url, auth: None, redirects: self.redirects.saturating_add(1), ..self.clone() }
    }

    /// For the session after one that was asked for user and password.
    pub fn authenticating(&self, round: AuthRound) -> Self {
        Self { auth: Some(round), ..self.clone() }
    }
}
