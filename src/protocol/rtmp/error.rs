//! Why a session ended, told so that the byte can be found in a capture and that
//! the caller knows what to do.

use std::time::Duration;

use super::auth::AuthError;
use super::chunk::{ChunkError, WriteError};
use super::command::Status;
use super::handshake::HandshakeError;
use super::message::{MessageError, MessageType};
use super::status::Refusal;
use super::url::RedirectError;
use crate::protocol::amf0::AmfError;
use crate::text::address::redirect;
use crate::text::connection::session;

/// A stream that was live for so long was meant to be.
pub const IN_EARNEST: Duration = Duration::from_secs(2);

/// What ended a session, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} (while {state}{})", place(*offset, *message_type))]
pub struct Error {
    /// What the session was doing.
    pub state: State,
    /// The message that brought it, where it was one.
    pub message_type: Option<MessageType>,
    /// Where in the connection, in bytes from the peer.
    pub offset: u64,
    /// How long the stream had been live, if it was.
    pub live_for: Option<Duration>,
    /// What it was.
    pub kind: ErrorKind,
}

/// What can end a session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// The peer speaks something other than RTMP.
    #[error(transparent)]
    NotRtmp(#[from] HandshakeError),
    /// The peer's chunks make no sense.
    #[error("bad chunk: {0}")]
    Chunk(#[from] ChunkError),
    /// A command's or a notice's values make no sense.
    #[error("bad message: {0}")]
    Amf(#[from] AmfError),
    /// A protocol message is cut short.
    #[error("bad message: {0}")]
    Message(#[from] MessageError),
    /// An answer without what it has to hold.
    #[error("the answer to {command} is of no use")]
    BadAnswer {
        /// The command that was answered.
        command: &'static str,
    },
    /// The peer asks for more answers than it takes.
    #[error("the peer asks for more than it takes")]
    Flooded,
    /// The peer did not answer in time.
    #[error("no answer in time to {waiting_for}")]
    TimedOut {
        /// What was waited for.
        waiting_for: &'static str,
    },
    /// The server will not have the stream, or no longer.
    #[error("{}", said(status))]
    Refused {
        /// Why, as far as it is known.
        refusal: Refusal,
        /// The server's own words.
        status: Box<Status>,
    },
    /// The user and password are missing or wrong.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The server wants us elsewhere, where we do not go.
    #[error(transparent)]
    Redirect(#[from] RedirectError),
    /// The server sends its clients around in circles.
    #[error("{}", redirect::too_many(*limit))]
    TooManyRedirects {
        /// How many are followed.
        limit: u8,
    },
    /// The peer closed the connection, or asked for it to be closed.
    #[error("the peer closed the connection{}", last_words(last_status.as_deref()))]
    Closed {
        /// The last thing it said about the state of things.
        last_status: Option<Box<Status>>,
    },
    /// The server ended the stream while it was live.
    #[error("the server ended the stream{}", last_words(Some(status)))]
    EndedByServer {
        /// Its words.
        status: Box<Status>,
    },
    /// What was to be sent can't be.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The caller sent media before the stream was live, or after.
    #[error("the stream is not live")]
    NotLive,
}

/// What a session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Shaking hands.
    Handshaking,
    /// Client: waiting for the answer to `connect`. Server: waiting for it.
    Connecting,
    /// Client: waiting for a message stream. Server: connected, no stream in use.
    Creating,
    /// Waiting for the permission to publish.
    Publishing,
    /// Media flows.
    Live,
    /// Said goodbye, waiting for the peer to do the same.
    Closing,
    /// Over.
    Over,
}

/// What to do after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retry {
    /// Connect again at once.
    Now,
    /// Connect again after a while.
    Backoff,
    /// Connecting again won't change anything.
    Never,
}

impl Error {
    /// What to do about it, as far as one session can tell. Who knows of earlier ones
    /// knows more.
    pub fn retry(&self) -> Retry {
        match &self.kind {
            ErrorKind::NotRtmp(_)
            | ErrorKind::Auth(_)
            | ErrorKind::Redirect(_)
            | ErrorKind::TooManyRedirects { .. }
            | ErrorKind::Write(_)
            | ErrorKind::NotLive => Retry::Never,
            ErrorKind::Refused { refusal, .. } => refusal.retry(),
            ErrorKind::Closed { .. } | ErrorKind::EndedByServer { .. } if self.ran() => Retry::Now,
            ErrorKind::Chunk(_)
            | ErrorKind::Amf(_)
            | ErrorKind::Message(_)
            | ErrorKind::BadAnswer { .. }
            | ErrorKind::Flooded
            | ErrorKind::TimedOut { .. }
            | ErrorKind::Closed { .. }
            | ErrorKind::EndedByServer { .. } => Retry::Backoff,
        }
    }

    /// Whether the stream was accepted in earnest: some servers say so and close
    /// at once when the key is in use.
    pub fn ran(&self) -> bool {
        self.live_for.is_some_and(|time| time >= IN_EARNEST)
    }
}

impl Refusal {
    /// What to do after a refusal.
    pub fn retry(self) -> Retry {
        match self {
            Self::KeyInUse | Self::KeyRefused | Self::ShuttingDown | Self::Failed => Retry::Backoff,
            Self::KeyRejected
            | Self::KeyTooLong
            | Self::NoSuchApp
            | Self::Rejected
            | Self::Unknown => Retry::Never,
        }
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Handshaking => session::HANDSHAKING,
            Self::Connecting => session::CONNECTING,
            Self::Creating => session::CREATING,
            Self::Publishing => session::PUBLISHING,
            Self::Live => session::LIVE,
            Self::Closing => session::CLOSING,
            Self::Over => session::OVER,
        })
    }
}

fn place(offset: u64, message_type: Option<MessageType>) -> String {
    match message_type {
        Some(message_type) => format!(", byte {offset}, message type {}", message_type.0),
        None => format!(", byte {offset}"),
    }
}

/// Code and text, whichever there are.
fn said(status: &Status) -> String {
    match (status.code.as_str(), status.description.as_str()) {
        ("", "") => "the server refused".to_owned(),
        (code, "") => format!("the server refused: {code}"),
        ("", text) => format!("the server refused: \"{text}\""),
        (code, text) => format!("the server refused: {code}, \"{text}\""),
    }
}

fn last_words(status: Option<&Status>) -> String {
    match status {
        Some(status) if status.description.is_empty() => format!(" after {}", status.code),
        Some(status) => format!(" after {}, \"{}\"", status.code, status.description),
        None => String::new(),
    }
}
