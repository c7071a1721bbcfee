//! What a publishing session tells its owner.

use std::time::Duration;

use crate::protocol::rtmp::auth::AuthRound;
use crate::protocol::rtmp::command::Status;
use crate::protocol::rtmp::error::State;
use crate::protocol::rtmp::url::RtmpUrl;

/// Something the owner of a session has to know.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The session has come a step further on the way to publishing.
    Progress(State),
    /// The server said `NetStream.Publish.Start`: metadata, headers and media may
    /// follow.
    Live,
    /// The server said something about the state of things. What follows from it
    /// comes as an event or error of its own.
    Status(Status),
    /// The server has received more of what was sent.
    Acknowledged(Acknowledged),
    /// The server wants the stream elsewhere; this connection is of no use. Connect
    /// with [`ClientOptions::redirected`](super::ClientOptions::redirected).
    RedirectTo(RtmpUrl),
    /// The server wants the stream elsewhere before long. Go on sending, connect to
    /// the new place, change over at a keyframe and close this session then.
    ReconnectRequest(RtmpUrl),
    /// The server wants to know the user; this connection is of no use. Connect
    /// with [`ClientOptions::authenticating`](super::ClientOptions::authenticating).
    AuthRequired(AuthRound),
    /// The stream was taken back and the connection can be dropped.
    Closed,
}

/// What an acknowledgement (RTMP 1.0 §5.4.3) tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Bytes newly known to have arrived.
    pub bytes: u64,
    /// Bytes handed to the socket and not known to have arrived.
    pub outstanding: u64,
    /// From the moment the socket took the last of these bytes until now: the time
    /// in the socket's buffer, on the way and back.
    pub delay: Option<Duration>,
}
