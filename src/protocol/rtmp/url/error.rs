//! What can be wrong with an address, each in a sentence that says what to do.

/// Why a text is not an address to publish to. None of them repeats a part of
/// the text that may be secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// There is nothing to read.
    #[error("there is no address: it looks like rtmp://host/app/key")]
    Empty,
    /// Longer than any address; something else was pasted.
    #[error("the address is longer than {max} characters")]
    TooLong {
        /// The longest that is read, in bytes.
        max: usize,
    },
    /// It does not start with a scheme.
    #[error("the address has to start with rtmp:// or rtmps://: did you mean {suggestion}/…?")]
    NoScheme {
        /// The address's start as it may have been meant, scheme and host.
        suggestion: String,
    },
    /// It starts with a scheme that is not RTMP's.
    #[error("{scheme}:// {kind}")]
    WrongScheme {
        /// The scheme in lower case.
        scheme: String,
        /// What it is.
        kind: SchemeKind,
    },
    /// There is no host after the scheme.
    #[error("the address names no server: it looks like rtmp://host/app/key")]
    NoHost,
    /// The host is neither a name nor an address.
    #[error("\"{host}\" is not a server's name or address{}", bracket_hint(host))]
    BadHost {
        /// The host as typed.
        host: String,
    },
    /// The port is not a number from 1 to 65535.
    #[error("the port \"{port}\" is not a number from 1 to 65535")]
    BadPort {
        /// The port as typed.
        port: String,
    },
    /// There is no path, so no application.
    #[error("the address names no application: it looks like rtmp://{host}/app/key")]
    NoApp {
        /// The host.
        host: String,
    },
    /// There is no stream key, neither in the address nor beside it.
    #[error("the stream key is missing: put it after the application, rtmp://{host}/{app}/key")]
    NoKey {
        /// The host.
        host: String,
        /// The application, without its query.
        app: String,
    },
    /// A whole address stands where the key should.
    #[error(
        "the stream key is a whole address: put it into the server field and leave the key empty"
    )]
    KeyIsAddress,
    /// A character that no address has: a control character.
    #[error("the address or key holds a character that can't be typed: copy it again")]
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
}

impl std::fmt::Display for SchemeKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Encrypted => "is not supported, for its encryption protects nothing: use rtmps://",
            Self::Tunnelled => "(RTMP inside HTTP) is not supported: use rtmps:// or rtmp://",
            Self::Web => {
                "is a web address: copy the server address that starts with rtmp:// or rtmps:// \
                 from the service's stream settings"
            }
            Self::OtherMedia => {
                "is another way to send live video: ask the service for its rtmp:// or rtmps:// address"
            }
            Self::Unknown => "is not known: the address has to start with rtmp:// or rtmps://",
        })
    }
}

/// Why a server's request to go elsewhere is not followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectError {
    /// What it sent is not an address.
    #[error("the server's new address can't be used: {0}")]
    Url(#[from] UrlError),
    /// From TLS to no TLS: the key would cross the network in the clear.
    #[error("the server asked to go on without TLS")]
    Downgrade,
    /// From the outside to an address inside the local network.
    #[error("the server asked to go to \"{host}\" in the local network")]
    IntoLocalNetwork {
        /// The host it named.
        host: String,
    },
}

/// An IPv6 address without brackets is the likeliest of strange hosts.
fn bracket_hint(host: &str) -> &'static str {
    let bare = host.parse::<std::net::Ipv6Addr>().is_ok();
    if bare { ": an IPv6 address stands in brackets, rtmp://[::1]/app" } else { "" }
}
