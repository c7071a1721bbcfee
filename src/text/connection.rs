//! What a connection waits for, and how it ends, as sentences of
//! [`super::fault`] go on.

use std::fmt::Display;

/// What was waited for when nobody answered.
pub mod waiting_for {
    /// The server's name.
    pub const RESOLVE: &str = "looking up its name";
    /// TCP.
    pub const CONNECT: &str = "connecting";
    /// A proxy.
    pub const PROXY: &str = "waiting for the proxy";
    /// TLS.
    pub const ENCRYPT: &str = "agreeing on encryption";
    /// RTMP's handshake.
    pub const HANDSHAKE: &str = "handshake";
    /// `connect`.
    pub const APPLICATION: &str = "asking for the application";
    /// `publish`.
    pub const PUBLISH: &str = "asking to publish";
}

/// What a session was doing when it ended.
pub mod session {
    /// Shaking hands.
    pub const HANDSHAKING: &str = "shaking hands";
    /// `connect`.
    pub const CONNECTING: &str = "connecting to the application";
    /// `createStream`.
    pub const CREATING: &str = "opening a stream";
    /// `publish`.
    pub const PUBLISHING: &str = "asking to publish";
    /// Media flows.
    pub const LIVE: &str = "live";
    /// Saying goodbye.
    pub const CLOSING: &str = "closing";
    /// Over.
    pub const OVER: &str = "closed";
    /// Accepted, and closed before it could be meant.
    pub const JUST_STARTED: &str = "just after it let the stream start";
}

/// The machine's address is another.
pub const NETWORK_CHANGED: &str = "this computer's network has changed";
/// There was no new connection when the stream was to move to it.
pub const NOTHING_TO_MOVE_TO: &str = "no connection to change over to";

/// What the sockets report.
pub mod transport {
    use super::Display;

    /// A name with nothing behind it.
    pub const NO_ADDRESS: &str = "the name has no address";
    /// Nothing listens there.
    pub const REFUSED: &str = "the connection was refused";
    /// Silence.
    pub const TIMED_OUT: &str = "no answer in time";
    /// Broken by the peer or something on the way.
    pub const RESET: &str = "the connection was reset";

    /// No way there, in the system's words.
    pub fn unreachable(error: impl Display) -> String {
        format!("the host can't be reached: {error}")
    }

    /// Anything else, in the system's words.
    pub fn other(error: impl Display) -> String {
        format!("network error: {error}")
    }
}

/// Why a server lets nobody in without a name.
pub mod sign_in {
    /// None is known.
    pub const NEEDED: &str = "the server asks for a user name and password";
    /// A wrong one.
    pub const WRONG_PASSWORD: &str = "the server does not accept the password";
    /// Nobody.
    pub const NO_SUCH_USER: &str = "the server does not know the user";
    /// The server asks once more, as servers write it.
    pub const NEED_AUTH: &str = "need auth";

    /// Another reason, in the server's words.
    pub fn refused(reason: &str) -> String {
        format!("the server refuses the user: {reason}")
    }

    /// A method that is not known here.
    pub fn unknown_method(method: &str) -> String {
        format!("the server wants a kind of authentication that is not supported: {method}")
    }
}
