//! Addresses: where a stream goes, and under which key.
//!
//! [`Target`] is what a person pastes, in one piece or as server and key;
//! [`RtmpUrl`] is its server part. Nothing is decoded or encoded on the way: a
//! query stays where it was put, on the server (then it belongs to the
//! application and to `tcUrl`) or on the key (then it is sent with `publish`).
//! Reading the text is in `parse`, what can be wrong with it in `error`.

mod error;
mod parse;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

pub use error::{RedirectError, SchemeKind, UrlError};
pub(crate) use parse::percent_decoded;

use super::key::{Credentials, StreamKey};

/// Whether `word` is an option that librtmp's users write behind an address.
pub fn is_librtmp_option(word: &str) -> bool {
    parse::librtmp_option(word).is_some()
}

/// The address that a text without a scheme may have been meant as.
pub fn completed(text: &str) -> Option<String> {
    parse::completed(text)
}

/// What an address begins with, in lower case.
pub const SCHEMES: [&str; 2] = ["rtmp://", "rtmps://"];

/// The port of `rtmp://` (RTMP 1.0 §5).
pub const RTMP_PORT: u16 = 1935;

/// The port of `rtmps://`, RTMP inside TLS.
pub const RTMPS_PORT: u16 = 443;

/// A server and the key to publish under.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    /// The server and its application.
    pub url: RtmpUrl,
    /// What `publish` names; may carry a query, may start with `?`.
    pub key: StreamKey,
}

impl Target {
    /// Reads one full address, `rtmp://host/app/key`.
    ///
    /// The key begins after the last slash of the path, slashes in the query not
    /// counted, or after the `#` of `app#key`. Where the path is the application alone
    /// and the query has a slash (`live2?backup=1/key`), the key begins after that one.
    /// Two slashes after the host stand for an empty application.
    pub fn parse(full: &str) -> Result<Self, UrlError> {
        parse::full(full)
    }

    /// Reads a server and a key from two fields. With an empty key field the
    /// server field is read as a full address.
    pub fn with_key(server: &str, key: &str) -> Result<Self, UrlError> {
        let key = parse::key(key)?;
        if key.is_empty() {
            return Self::parse(server);
        }
        Ok(Self { url: RtmpUrl::parse(server)?, key })
    }

    /// Reads the address of a server that takes no key: what is published is named by
    /// the address alone, `rtmp://host/stream`.
    pub fn without_key(server: &str) -> Result<Self, UrlError> {
        Ok(Self { url: RtmpUrl::parse(server)?, key: StreamKey::new("") })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.url, self.key)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The server part of an address: host, port, TLS, application.
///
/// It prints without user, password and the values of its query.
#[derive(Clone, PartialEq, Eq)]
pub struct RtmpUrl {
    tls: bool,
    host: String,
    port: u16,
    app: String,
    tc_url: String,
    credentials: Option<Credentials>,
}

impl RtmpUrl {
    /// Reads a server's address, `rtmp://host/app`: the whole path and the query
    /// are the application.
    pub fn parse(server: &str) -> Result<Self, UrlError> {
        parse::server(server)
    }

    /// Whether RTMP runs inside TLS.
    pub fn tls(&self) -> bool {
        self.tls
    }

    /// The host's name or address, a name in ASCII; an IPv6 address without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, as typed or the scheme's own.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The application for `connect`, with the server's query if it has one.
    pub fn app(&self) -> &str {
        &self.app
    }

    /// The `tcUrl` for `connect`: the address as typed, without user, password
    /// and a closing slash.
    pub fn tc_url(&self) -> &str {
        &self.tc_url
    }

    /// The user and password that stood before the host or were given apart.
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// The same server with a user and password that came from elsewhere.
    pub fn with_credentials(self, credentials: Credentials) -> Self {
        Self { credentials: Some(credentials), ..self }
    }

    /// The server that this one sends its clients to: `reference` is a full
    /// address or, as Enhanced RTMP allows, relative to `tcUrl` (RFC 3986 §4.2).
    ///
    /// User and password come along. Nothing leads from TLS to no TLS, nor from
    /// a public address into the local network.
    pub fn redirected(&self, reference: &str) -> Result<Self, RedirectError> {
        let mut next = Self::parse(&parse::absolute(&self.tc_url, reference.trim()))?;
        if self.tls && !next.tls {
            return Err(RedirectError::Downgrade);
        }
        if next.is_local() && !self.is_local() {
            return Err(RedirectError::IntoLocalNetwork { host: next.host });
        }
        next.credentials.clone_from(&self.credentials);
        Ok(next)
    }

    /// Whether the host is an address of this machine or a private network, as
    /// far as can be told without resolving a name.
    fn is_local(&self) -> bool {
        let host = self.host.trim_end_matches('.').to_ascii_lowercase();
        if let Some(ip) = ipv4(&host) {
            return is_local_v4(ip);
        }
        match host.split('%').next().unwrap_or_default().parse::<Ipv6Addr>() {
            Ok(ip) => is_local_v6(ip),
            Err(_) => host == "localhost" || host.ends_with(".localhost"),
        }
    }
}

impl fmt::Display for RtmpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((address, query)) = self.tc_url.split_once('?') else {
            return f.write_str(&self.tc_url);
        };
        write!(f, "{address}?")?;
        for (i, pair) in query.split('&').enumerate() {
            let between = if i == 0 { "" } else { "&" };
            match pair.split_once('=') {
                Some((name, _)) => write!(f, "{between}{name}=…")?,
                None => write!(f, "{between}…")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for RtmpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn is_local_v4(ip: Ipv4Addr) -> bool {
    // 100.64.0.0/10 is for networks behind a provider's (RFC 6598).
    let is_shared = ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64;
    is_shared || ip.octets()[0] == 0 || ip.is_loopback() || ip.is_private() || ip.is_link_local()
}

fn is_local_v6(ip: Ipv6Addr) -> bool {
    ip.to_ipv4_mapped().is_some_and(is_local_v4)
        || ip.is_loopback()
        || ip.is_unspecified()
        || ip.is_unique_local()
        || ip.is_unicast_link_local()
}

/// An IPv4 address as resolvers read it: one to four numbers, decimal, hexadecimal or
/// octal, the last of which fills what is left.
fn ipv4(host: &str) -> Option<Ipv4Addr> {
    let numbers: Option<Vec<u32>> = host.split('.').take(5).map(ipv4_number).collect();
    let (last, first) = numbers.as_deref()?.split_last().filter(|(_, first)| first.len() < 4)?;
    let room = 32 - 8 * first.len() as u32;
    if first.iter().any(|&n| n > 255) || room < 32 && *last >= 1 << room {
        return None;
    }
    let high = first.iter().enumerate().map(|(i, &n)| n << (24 - 8 * i as u32)).sum::<u32>();
    Some(Ipv4Addr::from(high | *last))
}

fn ipv4_number(text: &str) -> Option<u32> {
    let (digits, radix) = match text.strip_prefix("0x") {
        Some("") => return None,
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    is_number.then(|| u32::from_str_radix(digits, radix).ok()).flatten()
}
