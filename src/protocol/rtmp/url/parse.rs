//! From text to an address: RFC 3986 §3 with what people really paste.

use std::net::Ipv6Addr;

use super::{Credentials, RTMP_PORT, RTMPS_PORT, RtmpUrl, SchemeKind, StreamKey, Target, UrlError};

/// Longest text read, in bytes. AMF0 strings end at 65 535, and the longest real
/// keys (signed queries) have some hundreds.
const MAX_LEN: usize = 8 * 1024;

/// Names of librtmp's options, which its users write behind an address.
const LIBRTMP: [&str; 24] = [
    "app",
    "tcUrl",
    "pageUrl",
    "swfUrl",
    "flashVer",
    "auth",
    "playpath",
    "subscribe",
    "live",
    "token",
    "conn",
    "swfVfy",
    "swfAge",
    "swfsize",
    "swfhash",
    "start",
    "stop",
    "buffer",
    "timeout",
    "usherToken",
    "socks",
    "pubUser",
    "pubPasswd",
    "jtv",
];

/// An address cut at its delimiters, nothing interpreted yet.
struct Parts<'a> {
    tls: bool,
    userinfo: Option<&'a str>,
    /// Host and port as typed.
    authority: &'a str,
    /// Without the slash it starts with; `None` where there is not even that.
    path: Option<&'a str>,
    query: Option<&'a str>,
    /// What follows the `#` of `app#key`. Behind a slash a `#` is a part of the key.
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
    if app.is_empty() && key.is_empty() {
        return Err(UrlError::NoApp { host: host_and_port(parts.authority)?.0 });
    }
    if without_query(&app).contains('#') {
        return Err(UrlError::KeyApart);
    }
    let url = parts.url(&app)?;
    if key.is_empty() {
        return Err(UrlError::NoKey { host: url.host, app: without_query(&app).to_owned() });
    }
    Ok(Target { url, key: StreamKey::new(&key) })
}

/// Reads `rtmp://host/app`; the key of `app#key` does not belong to the server.
pub(super) fn server(text: &str) -> Result<RtmpUrl, UrlError> {
    let text = clean(text)?;
    let parts = Parts::cut(&text)?;
    parts.url(&parts.app())
}

/// The address that `text` may have been meant as: with the scheme that it lacks.
pub(super) fn completed(text: &str) -> Option<String> {
    let text = clean(text).ok()?;
    if scheme_of(&text).is_some() {
        return None;
    }
    let meant = meant(&text)?;
    let (scheme, _) = meant.split_once("://")?;
    Some(format!("{scheme}://{}", bare(&text)))
}

/// Reads what stands in a key field; may come out empty.
pub(super) fn key(text: &str) -> Result<StreamKey, UrlError> {
    let text = match clean(text) {
        Err(UrlError::Empty) => return Ok(StreamKey::new("")),
        text => text?,
    };
    // Of a page, perhaps, that the key was to be copied from.
    match scheme_of(&text) {
        Some((scheme, _)) if SchemeKind::of(&scheme.to_ascii_lowercase()) == SchemeKind::Web => {
            return Err(UrlError::KeyIsPage);
        }
        Some(_) => return Err(UrlError::KeyIsAddress),
        None => {}
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
        let (authority, rest) = rest.split_at(authority_of(rest).len());
        let (userinfo, authority) = match authority.rsplit_once('@') {
            Some((userinfo, host)) => (Some(userinfo), host),
            None => (None, authority),
        };
        if is_open_password(authority, rest) {
            return Err(UrlError::OpenPassword);
        }
        let (rest, fragment) = match rest.split_once('#') {
            Some((app, key)) if !app.trim_start_matches('/').contains('/') => (app, Some(key)),
            _ => (rest, None),
        };
        let has_path = rest.starts_with('/');
        let (path, query) = split_at(rest.strip_prefix('/').unwrap_or(rest), '?');
        let path = has_path.then_some(path);
        Ok(Self { tls, userinfo, authority, path, query, fragment })
    }

    /// The whole path as application, with the query.
    fn app(&self) -> String {
        tidied(&with_query(self.path.unwrap_or_default(), self.query))
    }

    /// Application and key of a full address.
    fn split_key(&self) -> (String, String) {
        let path = self.path.unwrap_or_default();
        if let Some((app, name)) = path.rsplit_once('/') {
            return (tidied(app), with_query(name, self.query));
        }
        let in_query = self.query.and_then(|query| query.rsplit_once('/'));
        match in_query {
            Some((query, name)) => (tidied(&with_query(path, Some(query))), name.to_owned()),
            None => (self.app(), String::new()),
        }
    }

    /// The server with this application.
    fn url(&self, app: &str) -> Result<RtmpUrl, UrlError> {
        let (host, port) = host_and_port(self.authority)?;
        // None at all is one that a few servers have; the slash says that it is meant.
        if without_query(app).is_empty() && (self.path.is_none() || !app.is_empty()) {
            return Err(UrlError::NoApp { host });
        }
        let authority = match self.authority.is_ascii() || self.authority.starts_with('[') {
            true => self.authority.to_owned(),
            false => port.map_or_else(|| host.clone(), |port| format!("{host}:{port}")),
        };
        let (scheme, default_port) =
            if self.tls { ("rtmps", RTMPS_PORT) } else { ("rtmp", RTMP_PORT) };
        Ok(RtmpUrl {
            tls: self.tls,
            port: port.unwrap_or(default_port),
            host,
            tc_url: format!("{scheme}://{authority}/{app}"),
            app: app.to_owned(),
            credentials: self.userinfo.and_then(credentials),
        })
    }
}

/// Host and port, with user and password, of what follows a scheme.
fn authority_of(rest: &str) -> &str {
    &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())]
}

/// Whether a user name or a password has gone on behind what looks like the host: an
/// `@` follows, and what stands before it is no host and port.
fn is_open_password(authority: &str, rest: &str) -> bool {
    let Ok((host, _)) = host_and_port(authority) else { return rest.contains('@') };
    // A user's name has no look of a host, and what follows is no key, but a path.
    let is_host = host.contains(['.', ':']) || host.eq_ignore_ascii_case("localhost");
    let mut parts = rest.trim_start_matches('/').split('/');
    let first = parts.next().unwrap_or_default();
    let Some((before, _)) = first.split_once('@') else { return false };
    !is_host && parts.next().is_some() && (authority.contains(':') || before.contains(':'))
}

/// Takes off what comes along when an address is copied: blanks, quotes and
/// angle brackets around it, line ends within it, and what can't be seen.
fn clean(text: &str) -> Result<String, UrlError> {
    if text.len() > MAX_LEN {
        return Err(UrlError::TooLong { max: MAX_LEN });
    }
    let text = visible(text);
    let text = text.trim();
    let text =
        ["\"\"", "''", "<>", "“”"].iter().find_map(|pair| unquote(text, pair)).unwrap_or(text);
    if text.is_empty() {
        return Err(UrlError::Empty);
    }
    if text.chars().any(char::is_control) {
        return Err(UrlError::Unprintable);
    }
    match text.split_whitespace().skip(1).find_map(librtmp_option) {
        Some(name) => Err(UrlError::LibrtmpOption { name }),
        None => Ok(text.to_owned()),
    }
}

pub(super) fn librtmp_option(word: &str) -> Option<&'static str> {
    let (name, _) = word.split_once('=')?;
    LIBRTMP.into_iter().find(|option| option.eq_ignore_ascii_case(name))
}

/// The text without line ends and without the characters that web pages and chats put
/// in and nobody sees: those without width, soft hyphens, marks of direction. What joins
/// letters stays among letters that are joined.
fn visible(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for c in text.chars() {
        let is_dropped = match c {
            '\r' | '\n' | '\t' => true,
            '\u{200c}' | '\u{200d}' => kept.chars().next_back().is_none_or(|c| c.is_ascii()),
            '\u{ad}' | '\u{180e}' | '\u{feff}' => true,
            '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' => true,
            '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' => true,
            _ => false,
        };
        if !is_dropped {
            kept.push(c);
        }
    }
    kept
}

fn unquote<'a>(text: &'a str, pair: &str) -> Option<&'a str> {
    let mut marks = pair.chars();
    let inner = text.strip_prefix(marks.next()?)?.strip_suffix(marks.next()?)?;
    Some(inner.trim())
}

/// Scheme and rest, if `text` starts with a scheme (RFC 3986 §3.1).
fn scheme_of(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let well_formed = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    well_formed.then_some((scheme, rest))
}

fn no_scheme(text: &str) -> UrlError {
    UrlError::NoScheme { suggestion: meant(text).map(|meant| shortened(&meant)) }
}

/// What follows a scheme that was begun.
fn bare(text: &str) -> &str {
    text.trim_start_matches("rtmps:").trim_start_matches("rtmp:").trim_start_matches('/')
}

/// Scheme and host of a text that has no scheme and looks like an address all the same:
/// a host with a point or a port, or behind half a scheme, and a path.
fn meant(text: &str) -> Option<String> {
    let rest = bare(text);
    let authority = authority_of(rest);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let has_path = rest[authority.len()..].trim_matches('/').len() > 1;
    let (name, port) = host_and_port(host).ok()?;
    let is_begun = rest.len() < text.len() && text.starts_with("rtmp");
    let is_host = is_begun || port.is_some() || name.contains(['.', ':']) || name == "localhost";
    let tls = port == Some(RTMPS_PORT) || text.starts_with("rtmps:");
    let scheme = if tls { "rtmps" } else { "rtmp" };
    (has_path && is_host).then(|| format!("{scheme}://{host}"))
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
    let separator = |c: char| c.is_whitespace() || c == '/' && !app.contains('?');
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

/// An IPv6 address, with the zone that names the interface of a link-local one: behind
/// `%25` as in RFC 6874, or behind `%` as everywhere else.
fn v6_host(host: &str) -> Result<String, UrlError> {
    let (address, zone) = split_at(host, '%');
    let zone = zone.map(|zone| zone.strip_prefix("25").filter(|z| !z.is_empty()).unwrap_or(zone));
    match (address.parse::<Ipv6Addr>(), zone) {
        (Ok(_), Some(zone)) => Ok(format!("{address}%{zone}")),
        (Ok(_), None) => Ok(address.to_owned()),
        (Err(_), _) => Err(UrlError::BadHost { host: shortened(host) }),
    }
}

/// A name as it is asked for: in letters of other scripts it becomes `xn--…`.
fn named_host(authority: &str) -> Result<(String, &str), UrlError> {
    let end = authority.find(':').unwrap_or(authority.len());
    let (host, port) = authority.split_at(end);
    if authority.is_empty() || host.is_empty() && authority.parse::<Ipv6Addr>().is_err() {
        return Err(UrlError::NoHost);
    }
    if authority.parse::<Ipv6Addr>().is_ok() {
        return Err(UrlError::BadHost { host: shortened(authority) });
    }
    let strange = |c: char| c.is_whitespace() || "[]<>\"'\\^`{|}".contains(c);
    let bad = || UrlError::BadHost { host: shortened(host) };
    if host.contains(strange) {
        return Err(bad());
    }
    let host = match host.is_ascii() {
        true => host.to_owned(),
        // What stands for a delimiter in another script is none.
        false => idna::domain_to_ascii_cow(host.as_bytes(), idna::AsciiDenyList::URL)
            .map_err(|_| bad())?
            .into_owned(),
    };
    if host.is_empty() || host.contains(strange) {
        return Err(bad());
    }
    Ok((host, port))
}

fn number(digits: &str) -> Result<u16, UrlError> {
    match digits.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(UrlError::BadPort),
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
