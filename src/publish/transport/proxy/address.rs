//! A proxy's address as people write it.

use std::fmt;
use std::net::Ipv6Addr;

use super::ProxyAddressError;
use crate::protocol::rtmp::key::Credentials;
use crate::protocol::rtmp::url::percent_decoded;

/// What a proxy speaks, and who looks up names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// SOCKS5; names are looked up here.
    Socks5,
    /// SOCKS5; names are looked up by the proxy.
    Socks5h,
    /// HTTP CONNECT; names are looked up by the proxy.
    Http,
}

/// A proxy. It prints as host and port, without user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    kind: Kind,
    host: String,
    port: u16,
    credentials: Option<Credentials>,
}

impl Proxy {
    /// Reads `socks5://user:password@host:port`; user, password and port may be left
    /// out. Without a scheme it is an HTTP proxy, as other programs have it.
    pub fn parse(text: &str) -> Result<Self, ProxyAddressError> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let (kind, default_port) = kind_of(scheme)?;
        // A password may hold what ends a host elsewhere.
        let (who, place) = match rest.rsplit_once('@') {
            Some((who, place)) => (Some(who), place),
            None => (None, rest),
        };
        let place = place.split(['/', '?', '#']).next().unwrap_or_default();
        let (host, port) = host_and_port(place)?;
        let port = port.unwrap_or(default_port);
        Ok(Self { kind, host, port, credentials: who.and_then(credentials) })
    }

    /// What it speaks.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its host, an IPv6 address without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Who we are to it.
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// Whether servers' names are looked up on this computer.
    pub fn resolves_here(&self) -> bool {
        self.kind == Kind::Socks5
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({:?} {self})", self.kind)
    }
}

/// Desktops write `socks://` for SOCKS5 and leave names to the proxy.
fn kind_of(scheme: &str) -> Result<(Kind, u16), ProxyAddressError> {
    match scheme.to_ascii_lowercase().as_str() {
        "socks5" => Ok((Kind::Socks5, 1080)),
        "socks5h" | "socks" => Ok((Kind::Socks5h, 1080)),
        "http" => Ok((Kind::Http, 80)),
        other => {
            let shown = other.chars().filter(char::is_ascii_alphanumeric).take(16);
            Err(ProxyAddressError::Scheme(shown.collect()))
        }
    }
}

fn host_and_port(place: &str) -> Result<(String, Option<u16>), ProxyAddressError> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or(ProxyAddressError::Host)?;
            host.parse::<Ipv6Addr>().map_err(|_| ProxyAddressError::Host)?;
            (host, port)
        }
        None => place.split_at(place.find(':').unwrap_or(place.len())),
    };
    let strange = |c: char| c.is_whitespace() || c.is_control() || "[]<>\"'\\^`{|}".contains(c);
    if host.is_empty() || host.contains(strange) {
        return Err(ProxyAddressError::Host);
    }
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => None,
        Some("") => None,
        Some(digits) => {
            let port = digits.parse().ok().filter(|port| *port > 0);
            Some(port.ok_or(ProxyAddressError::Port)?)
        }
        None => return Err(ProxyAddressError::Host),
    };
    Ok((host.to_owned(), port))
}

fn credentials(who: &str) -> Option<Credentials> {
    let (user, password) = who.split_once(':').unwrap_or((who, ""));
    (!user.is_empty()).then(|| Credentials::new(&percent_decoded(user), &percent_decoded(password)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_people_write_them() {
        for (text, kind, shown) in [
            ("socks5://127.0.0.1:9050", Kind::Socks5, "127.0.0.1:9050"),
            ("SOCKS5H://proxy.example", Kind::Socks5h, "proxy.example:1080"),
            ("socks://[::1]:1081/", Kind::Socks5h, "[::1]:1081"),
            ("http://proxy.example/", Kind::Http, "proxy.example:80"),
            (" http://ann:s%40c:rt@proxy:3128 ", Kind::Http, "proxy:3128"),
            ("proxy:8080", Kind::Http, "proxy:8080"),
            ("socks5://ann:a/b?c#d@proxy:1", Kind::Socks5, "proxy:1"),
            ("http://proxy:", Kind::Http, "proxy:80"),
        ] {
            let proxy = Proxy::parse(text).expect(text);
            assert_eq!((proxy.kind(), proxy.to_string().as_str()), (kind, shown), "{text}");
        }
        let proxy = Proxy::parse("http://a%3An:s%40c:rt@proxy:3128").expect("a proxy");
        let who = proxy.credentials().expect("a user");
        assert_eq!((who.user.as_str(), who.password.expose()), ("a:n", "s@c:rt"));
        assert_eq!(format!("{proxy:?}"), "Proxy(Http proxy:3128)");
    }

    #[test]
    fn errors_repeat_no_password() {
        for text in [
            "https://u:hush@proxy:443",
            "socks4://u:hush@proxy",
            "rtmp://hush/app",
            "",
            "http://",
            "socks5://u:hush@",
            "socks5://u:hush@pro xy",
            "socks5://u:hush@proxy:0",
            "socks5://u:hush@proxy:70000",
            "socks5://u:hush@[::1",
            "socks5://u:hush@[::1]x",
        ] {
            let error = Proxy::parse(text).expect_err(text);
            assert!(!format!("{error} {error:?}").contains("hush"), "{error}");
        }
    }
}
