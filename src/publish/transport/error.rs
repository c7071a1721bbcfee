//! What can go wrong between two sockets, split by what to do about it.

use std::io;

use crate::publish::reconnect::Retry;

/// Why a connection failed or ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There was no address to connect to.
    #[error("the name has no address")]
    NoAddress,
    /// The host answered that nothing listens there.
    #[error("the connection was refused")]
    Refused,
    /// There is no way to the host.
    #[error("the host can't be reached: {0}")]
    Unreachable(io::Error),
    /// Nothing came back in time.
    #[error("no answer in time")]
    TimedOut,
    /// The peer, or something on the way, broke the connection.
    #[error("the connection was reset")]
    Reset,
    /// Something else that the system reported.
    #[error("network error: {0}")]
    Io(io::Error),
}

impl Error {
    /// What to do about it.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Refused => Retry::Soon,
            Self::NoAddress | Self::Unreachable(_) | Self::TimedOut | Self::Reset | Self::Io(_) => {
                Retry::Backoff
            }
        }
    }

    /// How much an error says about the destination: of several addresses'
    /// errors the one that says most is reported.
    pub(super) fn weight(&self) -> u8 {
        match self {
            Self::NoAddress => 0,
            Self::Unreachable(_) => 1,
            Self::Io(_) => 2,
            Self::TimedOut => 3,
            Self::Reset => 4,
            Self::Refused => 5,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::ConnectionRefused => Self::Refused,
            Kind::TimedOut => Self::TimedOut,
            Kind::ConnectionReset
            | Kind::ConnectionAborted
            | Kind::BrokenPipe
            | Kind::NotConnected
            | Kind::UnexpectedEof => Self::Reset,
            Kind::HostUnreachable
            | Kind::NetworkUnreachable
            | Kind::NetworkDown
            | Kind::AddrNotAvailable => Self::Unreachable(error),
            _ => Self::Io(error),
        }
    }
}
