//! What can be wrong with an address, each in a sentence that says what to do.
//! They begin with a small letter: they also go on after other words.

/// Nothing was entered.
pub const EMPTY: &str = "there is no address: it looks like rtmp://host/app/key";
/// A scheme and nothing behind it.
pub const NO_HOST: &str = "the address names no server: it looks like rtmp://host/app/key";
/// A whole address in place of the key.
pub const KEY_IS_ADDRESS: &str =
    "the stream key is a whole address: put it into the server field and leave the key empty";
/// An address of the web in place of the key.
pub const KEY_IS_PAGE: &str = "this is a web page, not a key: copy the stream key that it shows";
/// A control character.
pub const UNPRINTABLE: &str =
    "the address or key holds a character that can't be typed: copy it again";

/// Something else was pasted.
pub fn too_long(max: usize) -> String {
    format!("the address is longer than {max} characters")
}

/// No scheme. The suggestion is scheme and host.
pub fn no_scheme(suggestion: Option<&str>) -> String {
    match suggestion {
        Some(meant) => {
            format!("the address has to start with rtmp:// or rtmps://: did you mean {meant}/…?")
        }
        None => NOT_AN_ADDRESS.to_owned(),
    }
}

/// No scheme, and no look of an address.
pub const NOT_AN_ADDRESS: &str =
    "this is not a server address: one starts with rtmp:// or rtmps://";
/// The same, where there is a field for the key.
pub const NOT_AN_ADDRESS_BUT_A_KEY: &str = "This is not a server address. If it is your stream \
                                            key, choose a service and paste it under Stream key.";

/// A host with characters that no host has.
pub fn bad_host(host: &str) -> String {
    format!("\"{host}\" is not a server's name or address")
}

/// The same, of what would be an IPv6 address.
pub fn bare_ipv6(host: &str) -> String {
    format!("{}: an IPv6 address stands in brackets, rtmp://[::1]/app", bad_host(host))
}

/// No port has this number.
pub const BAD_PORT: &str = "the port after the server's name is not a number from 1 to 65535";
/// A password that seems to end too early.
pub const OPEN_PASSWORD: &str = "the user name or password in the address holds a “/”, “?” or \
                                 “#”: write it as %2F, %3F or %23, or give user and password apart";
/// A key that begins nobody knows where.
pub const KEY_APART: &str =
    "there is a “#” before the last “/” of the address: give the stream key apart from it";

/// Options that other programs take behind an address.
pub fn librtmp_option(name: &str) -> String {
    format!("“{name}=” is an option for librtmp and no part of an address or key: leave it out")
}

/// No path.
pub fn no_app(host: &str) -> String {
    format!(
        "the address names no application: it looks like rtmp://{host}/app/key, or rtmp://{host}/ \
         with the key apart where the server has none"
    )
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
