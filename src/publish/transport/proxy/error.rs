//! What can go wrong with a proxy.

use super::Kind;
use crate::publish::reconnect::Retry;
use crate::publish::transport::Error;
use crate::text::proxy as text;

/// Why there is no connection through a proxy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// The proxy's name has no address.
    #[error("its name has no address")]
    NameNotFound,
    /// Nobody said in time which address the proxy's name has.
    #[error("no answer about its address")]
    NameUnanswered,
    /// Nothing listens at the proxy's address.
    #[error("nothing listens there")]
    NotListening,
    /// There is no way to the proxy.
    #[error("there is no way to it")]
    Unreachable,
    /// The proxy took too long.
    #[error("it did not answer in time")]
    TimedOut,
    /// The proxy closed before its answer was whole.
    #[error("it closed without an answer")]
    Closed,
    /// The connection to the proxy broke.
    #[error("the connection to it broke: {0}")]
    Broken(String),
    /// What answers is no proxy of this kind.
    #[error("it is no proxy of the kind {0:?}")]
    NotAProxy(Kind),
    /// The proxy asks for a user name and password.
    #[error("it wants a password")]
    WantsPassword,
    /// The proxy does not accept the user name and password.
    #[error("wrong user or password")]
    WrongPassword,
    /// The proxy's rules don't allow the connection.
    #[error("it does not allow the connection")]
    Forbidden,
    /// The proxy can't connect to the server; why, in words.
    #[error("it can't reach the server: {0}")]
    ServerUnreachable(String),
    /// The proxy refused for another reason.
    #[error("it refused: {0}")]
    Refused(String),
}

impl ProxyError {
    /// What to do about it. What a person has to change first is not tried again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::NotAProxy(_)
            | Self::WantsPassword
            | Self::WrongPassword
            | Self::Forbidden
            | Self::Refused(_) => Retry::Never,
            Self::NotListening => Retry::Soon,
            Self::NameNotFound
            | Self::NameUnanswered
            | Self::Unreachable
            | Self::TimedOut
            | Self::Closed
            | Self::Broken(_)
            | Self::ServerUnreachable(_) => Retry::Backoff,
        }
    }
}

impl From<&Error> for ProxyError {
    /// What an error of the connection to a proxy means.
    fn from(error: &Error) -> Self {
        match error {
            Error::Proxy(error) => error.clone(),
            Error::NoAddress => Self::NameNotFound,
            Error::Refused => Self::NotListening,
            Error::Unreachable(_) => Self::Unreachable,
            Error::TimedOut => Self::TimedOut,
            Error::Reset => Self::Closed,
            Error::Tls(_) | Error::Io(_) => Self::Broken(error.to_string()),
        }
    }
}

/// A proxy's address that can't be used. It prints without the address, which may
/// hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyAddressError {
    /// Its scheme is of something else.
    #[error("{}", text::scheme(_0))]
    Scheme(String),
    /// There is no host in it, or a wrong one.
    #[error("{}", text::HOST)]
    Host,
    /// Its port is no number from 1 to 65535.
    #[error("{}", text::PORT)]
    Port,
    /// It came from the environment's variable of this name.
    #[error("{}", text::variable(_0, _1))]
    Variable(&'static str, Box<Self>),
}
