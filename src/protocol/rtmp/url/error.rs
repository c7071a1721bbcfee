//! What can be wrong with an address.

use crate::text::address::{self, redirect, scheme};

/// Why a text is not an address to publish to. None of them repeats a part of
/// the text that may be secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// There is nothing to read.
    #[error("{}", address::EMPTY)]
    Empty,
    /// Longer than any address; something else was pasted.
    #[error("{}", address::too_long(*max))]
    TooLong {
        /// The longest that is read, in bytes.
        max: usize,
    },
    /// It does not start with a scheme.
    #[error("{}", address::no_scheme(suggestion.as_deref()))]
    NoScheme {
        /// The address's start as it may have been meant, scheme and host; `None` where
        /// the text has neither the look of an address nor, perhaps, the right to be
        /// repeated.
        suggestion: Option<String>,
    },
    /// It starts with a scheme that is not RTMP's.
    #[error("{}", address::wrong_scheme(scheme, kind.words()))]
    WrongScheme {
        /// The scheme in lower case.
        scheme: String,
        /// What it is.
        kind: SchemeKind,
    },
    /// There is no host after the scheme.
    #[error("{}", address::NO_HOST)]
    NoHost,
    /// The host is neither a name nor an address.
    #[error("{}", bad_host(host))]
    BadHost {
        /// The host as typed.
        host: String,
    },
    /// The port is not a number from 1 to 65535. It is not repeated: it may be the
    /// beginning of a password.
    #[error("{}", address::BAD_PORT)]
    BadPort,
    /// A user name or a password holds a character that ends it.
    #[error("{}", address::OPEN_PASSWORD)]
    OpenPassword,
    /// A `#` stands before the last slash: nobody knows where the key begins.
    #[error("{}", address::KEY_APART)]
    KeyApart,
    /// An option of librtmp's follows the address or the key.
    #[error("{}", address::librtmp_option(name))]
    LibrtmpOption {
        /// The option's name, one of librtmp's.
        name: &'static str,
    },
    /// There is no path, so no application.
    #[error("{}", address::no_app(host))]
    NoApp {
        /// The host.
        host: String,
    },
    /// There is no stream key, neither in the address nor beside it.
    #[error("{}", address::no_key(host))]
    NoKey {
        /// The host.
        host: String,
        /// The application, without its query.
        app: String,
    },
    /// A whole address stands where the key should.
    #[error("{}", address::KEY_IS_ADDRESS)]
    KeyIsAddress,
    /// A page of the web, where the key should be.
    #[error("{}", address::KEY_IS_PAGE)]
    KeyIsPage,
    /// A character that no address has: a control character.
    #[error("{}", address::UNPRINTABLE)]
    Unprintable,
}

/// What a scheme that is not RTMP's stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemeKind {
    /// RTMPE: RTMP with an encryption that authenticates nobody.
    Encrypted,
    /// RTMPT: RTMP inside HTTP requests.
    Tunnelled,
    /// A page or an API on the web.
    Web,
    /// Another protocol for live media.
    OtherMedia,
    /// Anything else.
    Unknown,
}

impl SchemeKind {
    /// What `scheme`, in lower case, stands for.
    pub(super) fn of(scheme: &str) -> Self {
        match scheme {
            "rtmpe" | "rtmpte" => Self::Encrypted,
            "rtmpt" | "rtmpts" => Self::Tunnelled,
            "http" | "https" | "ws" | "wss" => Self::Web,
            "srt" | "rtsp" | "rtsps" | "rist" | "rtp" | "udp" | "whip" | "rtmfp" => {
                Self::OtherMedia
            }
            _ => Self::Unknown,
        }
    }

    /// What it is, as the scheme goes on.
    fn words(self) -> &'static str {
        match self {
            Self::Encrypted => scheme::ENCRYPTED,
            Self::Tunnelled => scheme::TUNNELLED,
            Self::Web => scheme::WEB,
            Self::OtherMedia => scheme::OTHER_MEDIA,
            Self::Unknown => scheme::UNKNOWN,
        }
    }
}

/// Why a server's request to go elsewhere is not followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectError {
    /// What it sent is not an address.
    #[error("{}", redirect::unusable(&_0.to_string()))]
    Url(#[from] UrlError),
    /// From TLS to no TLS: the key would cross the network in the clear.
    #[error("{}", redirect::DOWNGRADE)]
    Downgrade,
    /// From the outside to an address inside the local network.
    #[error("{}", redirect::into_local_network(host))]
    IntoLocalNetwork {
        /// The host it named.
        host: String,
    },
}

/// An IPv6 address without brackets is the likeliest of strange hosts.
fn bad_host(host: &str) -> String {
    let bare = host.parse::<std::net::Ipv6Addr>().is_ok();
    if bare { address::bare_ipv6(host) } else { address::bad_host(host) }
}
