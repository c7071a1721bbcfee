//! From text to an address: RFC 3986 §3 with what people really paste.

use std::net::Ipv6Addr;

use super::{Credentials, RTMP_PORT, RTMPS_PORT, RtmpUrl, SchemeKind, StreamKey, Target, UrlError};

/// Longest text read, in bytes. AMF0 strings end at 65 535, and the longest real
/// keys (signed queries) have some hundreds.
const MAX_LEN: usize = 8 * 1024;

/// An address cut at its delimiters, nothing interpreted yet.
struct Parts<'a> {
    tls: bool,
    userinfo: Option<&'a str>,
    /// Host and port as typed.
    authority: &'a str,
    /// Without the slash it starts with.
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

/// Reads `rtmp://host/app/key`.
pub(super) fn full(text: &str) -> Result<Target, UrlError> {
    let text = clean(text)?;
    let parts = Parts::cut(&text)?;
    let (app, key) = match parts.fragment {
        Some(fragment) if !fragment.is_empty() => (parts.app(), fragment.to_owned()),
        _ => parts.split_key(),
    };
    let url = parts.url(&app)?;
    if key.is_empty() {
        return Err(UrlError::NoKey { host: url.host, app: without_query(&app).to_owned() });
    }
    Ok(Target { url, key: StreamKey::new(&key) })
}

/// Reads `rtmp://host/app`; a fragment does not belong to the server.
pub(super) fn server(text: &str) -> Result<RtmpUrl, UrlError> {
    let text = clean(text)?;
    let parts = Parts::cut(&text)?;
    parts.url(&parts.app())
}

/// Reads what stands in a key field; may come out empty.
pub(super) fn key(text: &str) -> Result<StreamKey, UrlError> {
    let text = match clean(text) {
        Err(UrlError::Empty) => return Ok(StreamKey::new("")),
        text => text?,
    };
    // Of a page, perhaps, that the key was to be copied from.
    if scheme_of(&text).is_some() {
        return Err(UrlError::KeyIsAddress);
    }
    Ok(StreamKey::new(&text))
}

/// The absolute form of `reference`, which may be relative to `base`
/// (RFC 3986 §5.2, without dot segments).
pub(super) fn absolute(base: &str, reference: &str) -> String {
    let (scheme, rest) = base.split_once("://").unwrap_or(("rtmp", base));
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    if scheme_of(reference).is_some() {
        reference.to_owned()
    } else if reference.is_empty() {
        base.to_owned()
    } else if reference.starts_with("//") {
        format!("{scheme}:{reference}")
    } else if reference.starts_with('/') {
        format!("{scheme}://{authority}{reference}")
    } else {
        let path = without_query(&rest[authority.len()..]);
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{reference}")
    }
}

impl<'a> Parts<'a> {
    fn cut(text: &'a str) -> Result<Self, UrlError> {
        let (scheme, rest) = scheme_of(text).ok_or_else(|| no_scheme(text))?;
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "rtmp" => false,
            "rtmps" => true,
            other => return Err(wrong_scheme(other)),
        };
        let (rest, fragment) = split_at(rest, '#');
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (path, query) = split_at(rest.strip_prefix('/').unwrap_or(rest), '?');
        let (userinfo, authority) = match authority.rsplit_once('@') {
            Some((userinfo, host)) => (Some(userinfo), host),
            None => (None, authority),
        };
        Ok(Self { tls, userinfo, authority, path, query, fragment })
    }

    /// The whole path as application, with the query.
    fn app(&self) -> String {
        tidied(&with_query(self.path, self.query))
    }

    /// Application and key of a full address.
    fn split_key(&self) -> (String, String) {
        if let Some((app, name)) = self.path.rsplit_once('/') {
            return (tidied(app), with_query(name, self.query));
        }
        let in_query = self.query.and_then(|query| query.rsplit_once('/'));
        match in_query {
            Some((query, name)) => (tidied(&with_query(self.path, Some(query))), name.to_owned()),
            None => (self.app(), String::new()),
        }
    }

    /// The server with this application.
    fn url(&self, app: &str) -> Result<RtmpUrl, UrlError> {
        let (host, port) = host_and_port(self.authority)?;
        if without_query(app).is_empty() {
            return Err(UrlError::NoApp { host });
        }
        let (scheme, default_port) =
            if self.tls { ("rtmps", RTMPS_PORT) } else { ("rtmp", RTMP_PORT) };
        Ok(RtmpUrl {
            tls: self.tls,
            port: port.unwrap_or(default_port),
            host,
            tc_url: format!("{scheme}://{}/{app}", self.authority),
            app: app.to_owned(),
            credentials: self.userinfo.and_then(credentials),
        })
    }
}

/// Takes off what comes along when an address is copied: blanks, quotes and
/// angle brackets around it, line ends within it.
fn clean(text: &str) -> Result<String, UrlError> {
    if text.len() > MAX_LEN {
        return Err(UrlError::TooLong { max: MAX_LEN });
    }
    let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\n' | '\t')).collect();
    let text = text.trim_matches(is_blank);
    let text =
        ["\"\"", "''", "<>", "“”"].iter().find_map(|pair| unquote(text, pair)).unwrap_or(text);
    if text.is_empty() {
        return Err(UrlError::Empty);
    }
    if text.chars().any(char::is_control) {
        return Err(UrlError::Unprintable);
    }
    Ok(text.to_owned())
}

/// White space, and the characters without width that web pages put in.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

fn unquote<'a>(text: &'a str, pair: &str) -> Option<&'a str> {
    let mut marks = pair.chars();
    let inner = text.strip_prefix(marks.next()?)?.strip_suffix(marks.next()?)?;
    Some(inner.trim_matches(is_blank))
}

/// Scheme and rest, if `text` starts with a scheme (RFC 3986 §3.1).
fn scheme_of(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let well_formed = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    well_formed.then_some((scheme, rest))
}

fn no_scheme(text: &str) -> UrlError {
    let rest = text.trim_start_matches("rtmps:").trim_start_matches("rtmp:").trim_matches('/');
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if host.is_empty() || host.contains(' ') {
        return UrlError::NoScheme { suggestion: "rtmp://host".to_owned() };
    }
    let tls = host.ends_with(":443") || text.starts_with("rtmps:");
    let scheme = if tls { "rtmps" } else { "rtmp" };
    UrlError::NoScheme { suggestion: format!("{scheme}://{}", shortened(host)) }
}

fn wrong_scheme(scheme: &str) -> UrlError {
    UrlError::WrongScheme { scheme: shortened(scheme), kind: SchemeKind::of(scheme) }
}

/// What an error repeats is cut to a line's part.
fn shortened(text: &str) -> String {
    const MAX: usize = 64;
    match text.char_indices().nth(MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn split_at(text: &str, delimiter: char) -> (&str, Option<&str>) {
    match text.split_once(delimiter) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

fn with_query(name: &str, query: Option<&str>) -> String {
    match query {
        Some(query) => format!("{name}?{query}"),
        None => name.to_owned(),
    }
}

fn without_query(app: &str) -> &str {
    app.split('?').next().unwrap_or(app)
}

/// An application without the blanks behind it, and without closing slashes: those
/// are the separator before a key, not a part of the name.
fn tidied(app: &str) -> String {
    let separator = |c: char| is_blank(c) || c == '/' && !app.contains('?');
    app.trim_end_matches(separator).to_owned()
}

/// The host without brackets, and the port if there is one.
fn host_and_port(authority: &str) -> Result<(String, Option<u16>), UrlError> {
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (v6_host(host)?, port),
        None => named_host(authority)?,
    };
    match port.strip_prefix(':') {
        Some("") => Ok((host, None)),
        Some(digits) => Ok((host, Some(number(digits)?))),
        None if port.is_empty() => Ok((host, None)),
        None => Err(UrlError::BadHost { host: shortened(authority) }),
    }
}

fn v6_host(host: &str) -> Result<String, UrlError> {
    // The part after '%' names the interface of a link-local address (RFC 6874).
    let address = host.split('%').next().unwrap_or(host);
    match address.parse::<Ipv6Addr>() {
        Ok(_) => Ok(host.to_owned()),
        Err(_) => Err(UrlError::BadHost { host: shortened(host) }),
    }
}

fn named_host(authority: &str) -> Result<(String, &str), UrlError> {
    let end = authority.find(':').unwrap_or(authority.len());
    let (host, port) = authority.split_at(end);
    if authority.is_empty() || host.is_empty() && authority.parse::<Ipv6Addr>().is_err() {
        return Err(UrlError::NoHost);
    }
    let strange = |c: char| c.is_whitespace() || "[]<>\"'\\^`{|}".contains(c);
    if host.contains(strange) || authority.parse::<Ipv6Addr>().is_ok() {
        return Err(UrlError::BadHost { host: shortened(authority) });
    }
    Ok((host.to_owned(), port))
}

fn number(digits: &str) -> Result<u16, UrlError> {
    match digits.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(UrlError::BadPort { port: shortened(digits) }),
    }
}

fn credentials(userinfo: &str) -> Option<Credentials> {
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    (!user.is_empty()).then(|| Credentials::new(&percent_decoded(user), &percent_decoded(password)))
}

/// User and password are written with `%` escapes where they hold `@`, `:` or
/// `/` (RFC 3986 §3.2.1); a `%` that is no escape stands for itself.
pub(crate) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escape = tail.first_chunk().filter(|_| first == b'%').and_then(hex_byte);
        bytes.push(escape.unwrap_or(first));
        rest = if escape.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn hex_byte(digits: &[u8; 2]) -> Option<u8> {
    let value = |digit: u8| char::from(digit).to_digit(16);
    let byte = value(digits[0])? << 4 | value(digits[1])?;
    u8::try_from(byte).ok()
}
