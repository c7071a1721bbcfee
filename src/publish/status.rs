//! What a destination shows of itself, and why its connections end.

use std::sync::Arc;
use std::time::Duration;

use super::reconnect::Retry;
use super::transport;
use crate::media::MediaTime;
use crate::protocol::rtmp;
use crate::protocol::rtmp::status::Refusal;

/// Connection ends that are remembered.
pub(super) const LOG_LENGTH: usize = 50;

/// A destination as it is now.
#[derive(Clone, Debug)]
pub struct Status {
    /// Its state.
    pub state: State,
    /// Server address without key and query values.
    pub address: String,
    /// Bits that left in the last second, in kbit/s.
    pub kbps: f64,
    /// Video bitrate that the encoder should hold, in kbit/s.
    pub target_kbps: u32,
    /// Encode each n-th frame only.
    pub frame_divisor: u32,
    /// Picture and sound that wait to be sent.
    pub queue: Duration,
    /// Video frames that were left out.
    pub dropped: u64,
    /// Video frames sent.
    pub video_frames: u64,
    /// Audio frames sent.
    pub audio_frames: u64,
    /// Bytes sent, over all connections.
    pub bytes: u64,
    /// What the link is taken to carry, in kbit/s, where that is less than
    /// wanted.
    pub limit_kbps: Option<f64>,
    /// Round-trip time, where something measures it.
    pub rtt: Option<Duration>,
    /// How much the round trip has grown over its lowest.
    pub net_delay: Duration,
    /// Share of the last second in which only the server's full buffer held bytes
    /// back, 0 to 1, where the system says so.
    pub server_full: Option<f64>,
    /// Bytes sent and not acknowledged, where something measures it.
    pub unacknowledged: Option<u64>,
    /// Time live, over all connections.
    pub live: Duration,
    /// How often a connection that was live has ended, other than as asked.
    pub breaks: u64,
    /// What the server said last: code and text.
    pub server_said: Option<String>,
    /// How connections ended, newest last.
    pub log: Vec<End>,
}

/// What a destination is doing.
#[derive(Clone, Debug)]
pub enum State {
    /// On the way to live.
    Connecting(Step),
    /// The server said that the stream has started.
    Live {
        /// Since when.
        since: MediaTime,
    },
    /// Until the next try.
    Waiting {
        /// When it comes.
        until: MediaTime,
        /// Which one it will be, from 1.
        attempt: u32,
        /// Why the last one ended.
        reason: Failure,
    },
    /// Saying goodbye.
    Stopping,
    /// Ended as asked.
    Stopped,
    /// Ended for good.
    Failed(Failure),
}

impl State {
    /// Whether nothing more will happen.
    pub fn has_ended(&self) -> bool {
        matches!(self, Self::Stopped | Self::Failed(_))
    }
}

/// Steps on the way to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Looking up the server's name.
    Resolve,
    /// Opening the connection.
    Connect,
    /// Agreeing on encryption.
    Encrypt,
    /// RTMP handshake.
    Handshake,
    /// Asking for the application.
    Application,
    /// Asking to publish.
    Publish,
}

impl Step {
    /// Where a session is that is in this state; `None` once it is live or over.
    pub fn of(session: rtmp::State) -> Option<Self> {
        match session {
            rtmp::State::Handshaking => Some(Self::Handshake),
            rtmp::State::Connecting | rtmp::State::Creating => Some(Self::Application),
            rtmp::State::Publishing => Some(Self::Publish),
            rtmp::State::Live | rtmp::State::Closing | rtmp::State::Over => None,
        }
    }
}

/// How a connection ended.
#[derive(Clone, Debug)]
pub struct End {
    /// When.
    pub at: MediaTime,
    /// How long it had been live; `None` if never.
    pub live: Option<Duration>,
    /// Why.
    pub reason: Failure,
}

/// Why a connection could not be made, or ended.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// The server's name has no address.
    #[error("no address for {host}")]
    NameNotFound {
        /// The name.
        host: String,
    },
    /// Nobody said in time which address the server's name has.
    #[error("no answer about the address of {host}")]
    NameUnanswered {
        /// The name.
        host: String,
    },
    /// The system's or TLS's answer.
    #[error("{peer}: {error}")]
    Transport {
        /// Host and port.
        peer: String,
        /// What it was.
        error: Arc<transport::Error>,
    },
    /// The RTMP session's error.
    #[error("{peer}: {error}")]
    Session {
        /// Host and port.
        peer: String,
        /// What it was.
        error: Arc<rtmp::Error>,
    },
    /// The peer took too long.
    #[error("{peer} did not answer ({step:?})")]
    NoAnswer {
        /// Host and port.
        peer: String,
        /// In which step.
        step: Step,
    },
    /// Nothing got through.
    #[error("nothing got through for {waited:?}")]
    Stalled {
        /// For how long.
        waited: Duration,
    },
    /// The machine no longer has the address that the connection was made from.
    #[error("the machine's network has changed")]
    NetworkChanged,
    /// A file of certificates can't be used.
    #[error("{0}")]
    Certificates(String),
    /// The system refused a resource.
    #[error("{0}")]
    Local(String),
}

impl Failure {
    /// Whether the server says that somebody publishes with this key already.
    pub fn is_key_in_use(&self) -> bool {
        let Self::Session { error, .. } = self else { return false };
        matches!(error.kind, rtmp::ErrorKind::Refused { refusal: Refusal::KeyInUse, .. })
    }

    /// Whether this can come from something between us and the server that answers
    /// in its place, such as the page of a hotel's network.
    pub fn is_from_between(&self) -> bool {
        match self {
            Self::Transport { error, .. } => matches!(**error, transport::Error::Tls(_)),
            Self::Session { error, .. } => matches!(error.kind, rtmp::ErrorKind::NotRtmp(_)),
            _ => false,
        }
    }

    /// What to do about it.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Transport { error, .. } => error.retry(),
            Self::Session { error, .. } => match error.retry() {
                rtmp::Retry::Now => Retry::Now,
                rtmp::Retry::Backoff => Retry::Backoff,
                rtmp::Retry::Never => Retry::Never,
            },
            Self::Certificates(_) | Self::Local(_) => Retry::Never,
            Self::NetworkChanged => Retry::Now,
            Self::NameNotFound { .. }
            | Self::NameUnanswered { .. }
            | Self::NoAnswer { .. }
            | Self::Stalled { .. } => Retry::Backoff,
        }
    }
}
