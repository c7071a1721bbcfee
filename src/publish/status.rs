//! What a destination shows of itself, and why its connections end.

use std::sync::Arc;
use std::time::Duration;

use super::lesson::{End as Ending, Said};
use super::reconnect::Retry;
use super::transport::{self, proxy::ProxyError};
use crate::media::MediaTime;
use crate::protocol::rtmp;
use crate::protocol::rtmp::status::{Meaning, Refusal};
use crate::supervise::Part;

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
    /// How connections ended, newest last. Shared, for the status is copied at each turn.
    pub log: Arc<Vec<End>>,
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
    /// Waiting for a proxy to connect to the server.
    Proxy,
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

/// What earlier connections, or the moment, tell of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learnt {
    /// The stream was good a moment ago: this may pass.
    ForNow,
    /// The server closed so many times in a row, each time after about so long.
    EachTime {
        /// How often.
        times: u32,
        /// How long the last stream lived.
        after: Duration,
    },
    /// It came right after a message of so many bytes.
    Oversized {
        /// Its length.
        bytes: usize,
    },
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
    /// There is no connection through the proxy.
    #[error("proxy {proxy}: {error}")]
    Proxy {
        /// The proxy's host and port.
        proxy: String,
        /// The server's host and port.
        server: String,
        /// What it was.
        error: ProxyError,
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
    /// More is known of this end than it says itself.
    #[error("{from}")]
    Learnt {
        /// What.
        more: Learnt,
        /// The end.
        from: Box<Failure>,
    },
    /// A file of certificates can't be used.
    #[error("{0}")]
    Certificates(String),
    /// The system refused a resource.
    #[error("{0}")]
    Local(String),
    /// A thread of this program panicked.
    #[error("internal error ({})", .0.name())]
    Internal(Part),
}

impl Failure {
    /// Whether the server says that somebody publishes with this key already, or may.
    pub fn is_key_in_use(&self) -> bool {
        self.said() == Said::InUse
    }

    /// How the connection ended.
    pub fn end(&self) -> Ending {
        match self {
            Self::Session { error, .. } => session_end(&error.kind),
            Self::Transport { error, .. } => match **error {
                transport::Error::Tls(_) if error.retry() == Retry::Never => Ending::NotTheServer,
                transport::Error::Refused => Ending::PortClosed,
                transport::Error::Reset => Ending::Reset,
                _ => Ending::Silence,
            },
            Self::Proxy { error, .. } => match error.retry() {
                Retry::Never => Ending::NotTheServer,
                Retry::Soon => Ending::PortClosed,
                _ => Ending::Silence,
            },
            Self::NetworkChanged => Ending::Elsewhere,
            Self::Certificates(_) | Self::Local(_) => Ending::Ours,
            Self::Learnt { from, .. } => from.end(),
            Self::NameNotFound { .. }
            | Self::NameUnanswered { .. }
            | Self::NoAnswer { .. }
            | Self::Stalled { .. }
            | Self::Internal(_) => Ending::Silence,
        }
    }

    /// What the server said of it.
    pub fn said(&self) -> Said {
        let error = match self {
            Self::Session { error, .. } => error,
            Self::Learnt { from, .. } => return from.said(),
            _ => return Said::Nothing,
        };
        match &error.kind {
            rtmp::ErrorKind::Refused { refusal, .. } => said_of(*refusal),
            rtmp::ErrorKind::EndedByServer { status } => match Meaning::of(status) {
                Meaning::Refusal(refusal) => said_of(refusal),
                Meaning::Warning => Said::Other,
                _ => Said::Nothing,
            },
            rtmp::ErrorKind::Closed { last_status: Some(status) } => match Meaning::of(status) {
                Meaning::Refusal(refusal) => said_of(refusal),
                _ => Said::Other,
            },
            rtmp::ErrorKind::Auth(_)
            | rtmp::ErrorKind::Redirect(_)
            | rtmp::ErrorKind::TooManyRedirects { .. } => Said::NoWayIn,
            _ => Said::Nothing,
        }
    }
}

fn session_end(kind: &rtmp::ErrorKind) -> Ending {
    use rtmp::ErrorKind;
    match kind {
        ErrorKind::NotRtmp(_) => Ending::NotTheServer,
        ErrorKind::Chunk(_)
        | ErrorKind::Amf(_)
        | ErrorKind::Message(_)
        | ErrorKind::BadAnswer { .. }
        | ErrorKind::Flooded => Ending::Garbled,
        ErrorKind::TimedOut { .. } => Ending::Silence,
        ErrorKind::Closed { .. } => Ending::Closed,
        ErrorKind::Refused { .. }
        | ErrorKind::EndedByServer { .. }
        | ErrorKind::Auth(_)
        | ErrorKind::Redirect(_)
        | ErrorKind::TooManyRedirects { .. } => Ending::Refused,
        ErrorKind::Write(_) | ErrorKind::NotLive => Ending::Ours,
    }
}

fn said_of(refusal: Refusal) -> Said {
    match refusal {
        Refusal::KeyInUse | Refusal::KeyRefused => Said::InUse,
        Refusal::KeyRejected | Refusal::KeyTooLong => Said::BadKey,
        Refusal::NoSuchApp => Said::NoWayIn,
        Refusal::ShuttingDown | Refusal::Failed => Said::Trouble,
        Refusal::Rejected | Refusal::Unknown => Said::Other,
    }
}
