//! What can be wrong with an address, each in a sentence that says what to do.
//! They begin with a small letter: they also go on after other words.

/// Nothing was entered.
pub const EMPTY: &str = "there is no address: it looks like rtmp://host/app/key";
/// A scheme and nothing behind it.
pub const NO_HOST: &str = "the address names no server: it looks like rtmp://host/app/key";
/// A whole address in place of the key.
pub const KEY_IS_ADDRESS: &str =
    "the stream key is a whole address: put it into the server field and leave the key empty";
/// A control character.
pub const UNPRINTABLE: &str =
    "the address or key holds a character that can't be typed: copy it again";

/// Something else was pasted.
pub fn too_long(max: usize) -> String {
    format!("the address is longer than {max} characters")
}

/// No scheme. The suggestion is scheme and host.
pub fn no_scheme(suggestion: &str) -> String {
    format!("the address has to start with rtmp:// or rtmps://: did you mean {suggestion}/…?")
}

/// A host with characters that no host has.
pub fn bad_host(host: &str) -> String {
    format!("\"{host}\" is not a server's name or address")
}

/// The same, of what would be an IPv6 address.
pub fn bare_ipv6(host: &str) -> String {
    format!("{}: an IPv6 address stands in brackets, rtmp://[::1]/app", bad_host(host))
}

/// No port has this number.
pub fn bad_port(port: &str) -> String {
    format!("the port \"{port}\" is not a number from 1 to 65535")
}

/// No path.
pub fn no_app(host: &str) -> String {
    format!("the address names no application: it looks like rtmp://{host}/app/key")
}

/// No key. What was read as the application may have been meant as one.
pub fn no_key(host: &str) -> String {
    format!("the stream key is missing: put it after the application, rtmp://{host}/…/key")
}

/// Another scheme than RTMP's, with what it is: one of those below.
pub fn wrong_scheme(scheme: &str, kind: &str) -> String {
    format!("“{scheme}://” {kind}")
}

/// What a scheme is that is not RTMP's, as the scheme goes on.
pub mod scheme {
    /// RTMPE.
    pub const ENCRYPTED: &str =
        "is not supported, for its encryption protects nothing: use rtmps://";
    /// RTMPT.
    pub const TUNNELLED: &str = "(RTMP inside HTTP) is not supported: use rtmps:// or rtmp://";
    /// The web's.
    pub const WEB: &str = "is a web address: copy the server address that starts with rtmp:// or \
                           rtmps:// from the service's stream settings";
    /// Another protocol for live media.
    pub const OTHER_MEDIA: &str =
        "is another way to send live video: ask the service for its rtmp:// or rtmps:// address";
    /// Anything else.
    pub const UNKNOWN: &str = "is not known: the address has to start with rtmp:// or rtmps://";
}

/// Why a server's request to go elsewhere is not followed.
pub mod redirect {
    /// Without TLS, where there was TLS.
    pub const DOWNGRADE: &str = "the server asked to go on without TLS";

    /// What it sent is no address, and why.
    pub fn unusable(why: &str) -> String {
        format!("the server's new address can't be used: {why}")
    }

    /// From the outside to the inside.
    pub fn into_local_network(host: &str) -> String {
        format!("the server asked to go to \"{host}\" in the local network")
    }

    /// In circles.
    pub fn too_many(limit: u8) -> String {
        format!("the server redirected more than {limit} times")
    }
}
