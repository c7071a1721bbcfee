//! Addresses: with a key or without, of which service, and what of them goes into the
//! settings file and what into the keyring. Reading one is `protocol::rtmp::url`'s.

use crate::protocol::rtmp::key::StreamKey;
use crate::protocol::rtmp::url::{RTMP_PORT, RTMPS_PORT, RtmpUrl, Target, UrlError};
use crate::settings::{KeyRule, Service, Services};

/// A full address cut into server and key; `None` where it is a server alone.
///
/// An unknown server's address has a key when its path has two parts or more,
/// a known service's when it has more parts than the service's application.
pub fn split(address: &str) -> Option<(String, StreamKey)> {
    let target = Target::parse(address).ok()?;
    let whole = RtmpUrl::parse(address).ok()?;
    let service = Services::built_in().of_host(whole.host());
    let segments = service.map_or(1, |service| service.app_segments);
    let path = whole.app().split('?').next().unwrap_or_default();
    let has_key = path.trim_matches('/').split('/').count() > segments
        || address.contains('#')
        // An empty application.
        || whole.app().starts_with('/')
        // A key that is a query, as some services give it.
        || path.ends_with('/') && whole.app().contains('?')
        || whole.app().split_once('?').is_some_and(|(_, query)| query.contains('/'));
    has_key.then(|| (with_user(&target.url, address), target.key))
}

/// Whether the end of a whole address, `key`, may as well belong to the application: a
/// server that nobody knows, and a word with no look of a secret.
pub fn may_be_application(address: &str, key: &StreamKey) -> bool {
    let Ok(url) = RtmpUrl::parse(address) else { return false };
    let is_known = Services::built_in().of_host(url.host()).is_some();
    let key = key.expose();
    let is_plain = key.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let has = |what: fn(char) -> bool| key.contains(what);
    let is_mixed = has(char::is_uppercase) && has(char::is_lowercase) && key.len() >= 8;
    !is_known && is_plain && !is_mixed && key.len() < SECRET
}

/// Names of applications are shorter, in bytes; most keys are not.
const SECRET: usize = 14;

/// The server's address with the user and password that were typed before it.
fn with_user(url: &RtmpUrl, typed: &str) -> String {
    let address = url.tc_url().to_owned();
    let Some((scheme, rest)) = typed.trim().split_once("://") else { return address };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match (authority.rsplit_once('@'), address.split_once("://")) {
        (Some((user, _)), Some((_, rest))) => {
            format!("{}://{user}@{rest}", scheme.to_ascii_lowercase())
        }
        _ => address,
    }
}

/// The service that an address belongs to, as far as its host and the key tell.
/// `current` stays where they know none better.
pub fn service_of<'a>(address: &str, key: &str, current: &'a Service) -> &'a Service {
    sharing(of_host(address, current), key, current)
}

/// The other service at the same servers that a key belongs to.
pub fn service_of_key<'a>(key: &str, current: &'a Service) -> Option<&'a Service> {
    let found = sharing(current, key, current);
    (found.id != current.id).then_some(found)
}

/// Among the services that use the servers of `found`, the one whose keys begin
/// so; without a key the chosen one.
fn sharing<'a>(found: &'a Service, key: &str, current: &'a Service) -> &'a Service {
    let fits = |service: &Service| key.is_empty() || key.starts_with(&service.key_prefix);
    if current.borrows == found.id && fits(current) {
        return current;
    }
    let borrows = |other: &&Service| other.borrows == found.id && fits(other);
    match fits(found) {
        true => found,
        false => Services::built_in().all().iter().find(borrows).unwrap_or(found),
    }
}

fn of_host<'a>(address: &str, current: &'a Service) -> &'a Service {
    let services = Services::built_in();
    let Ok(url) = RtmpUrl::parse(address) else { return current };
    match services.of_host(url.host()) {
        // A key of one's own at a service that lends its servers to others.
        Some(found) if current.servers.is_empty() && !current.hosts.is_empty() => {
            if current.hosts.iter().any(|end| url.host().ends_with(end.as_str())) {
                current
            } else {
                found
            }
        }
        Some(found) => found,
        None if current.servers.is_empty() && !current.is_this_computer() => current,
        None => services.get(Services::CUSTOM),
    }
}

/// Whether two addresses are of different servers, as far as they can be read: of other
/// hosts, or of ports that are not both the usual ones.
pub fn is_other_server(old: &str, new: &str) -> bool {
    let is_usual = |url: &RtmpUrl| matches!(url.port(), RTMP_PORT | RTMPS_PORT);
    match (RtmpUrl::parse(old), RtmpUrl::parse(new)) {
        (Ok(old), Ok(new)) => {
            let is_same_port = old.port() == new.port() || is_usual(&old) && is_usual(&new);
            !old.host().eq_ignore_ascii_case(new.host()) || !is_same_port
        }
        _ => false,
    }
}

/// What a settings file may hold of an address, and the rest, which it may not.
///
/// Of a service's own addresses all is public. Of others the query may be a
/// token and what follows the application a key; user and password are secrets
/// anyway. [`rejoined`] puts the parts together.
pub fn remembered(address: &str, service: &Service) -> Option<(String, String)> {
    let url = RtmpUrl::parse(address).ok()?;
    let whole = url.tc_url();
    if service.servers.iter().any(|choice| same_server(&choice.address, &url)) {
        return Some((whole.to_owned(), String::new()));
    }
    let (path, query) = whole.split_once('?').unwrap_or((whole, ""));
    let server = split(path).map(|(server, _)| server);
    match server.and_then(|server| path.strip_prefix(&server).map(|rest| rest.len())) {
        Some(rest) if rest > 0 => {
            let (plain, rest) = whole.split_at(path.len() - rest);
            Some((plain.to_owned(), rest.to_owned()))
        }
        _ => Some((path.to_owned(), query.to_owned())),
    }
}

/// An address of the two parts of [`remembered`].
pub fn rejoined(plain: &str, rest: &str) -> String {
    match rest {
        "" => plain.to_owned(),
        path if path.starts_with('/') => format!("{plain}{path}"),
        query => format!("{plain}?{query}"),
    }
}

fn same_server(choice: &str, url: &RtmpUrl) -> bool {
    RtmpUrl::parse(choice).is_ok_and(|choice| choice.tc_url() == url.tc_url())
}

/// What is entered for a destination, read.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// The built-in server needs nothing.
    BuiltIn,
    /// Nothing is entered yet.
    Empty,
    /// The key is missing.
    NoKey(RtmpUrl),
    /// It can be used.
    Fine(Target),
    /// It can't, and why.
    Wrong(UrlError),
}

impl Check {
    /// Reads the two fields for `service`.
    pub fn of(service: &Service, server: &str, key: &str) -> Self {
        if service.is_this_computer() {
            return Self::BuiltIn;
        }
        if server.trim().is_empty() {
            return Self::Empty;
        }
        let no_key = key.trim().is_empty();
        let alone = no_key.then(|| RtmpUrl::parse(server).ok()).flatten();
        match (Target::with_key(server, key), alone) {
            // An address that can't hold a key has none yet.
            (Ok(_), Some(url)) if split(server).is_none() => Self::NoKey(url),
            (Ok(target), _) => Self::Fine(target),
            (Err(UrlError::NoKey { .. }), Some(url)) => Self::NoKey(url),
            (Err(error), _) => Self::Wrong(error),
        }
    }

    /// Reads the address of a server that takes no key.
    pub fn without_key(server: &str) -> Option<Self> {
        Target::without_key(server).ok().map(Self::Fine)
    }

    /// Whether a stream can be sent there.
    pub fn is_ready(&self, service: &Service) -> bool {
        match self {
            Self::BuiltIn | Self::Fine(_) => true,
            Self::NoKey(_) => service.key == KeyRule::None,
            Self::Empty | Self::Wrong(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_address_is_split_where_it_holds_a_key() {
        let cut = |text: &str| split(text).map(|(s, k)| (s, k.expose().to_owned()));
        let some = |s: &str, k: &str| Some((s.to_owned(), k.to_owned()));
        assert_eq!(cut("rtmp://h/app/key"), some("rtmp://h/app", "key"));
        assert_eq!(cut("rtmp://h/app/key?a=b/c"), some("rtmp://h/app", "key?a=b/c"));
        assert_eq!(cut("rtmp://u:p@h/app/key"), some("rtmp://u:p@h/app", "key"));
        assert_eq!(cut("rtmp://h/app"), None);
        assert_eq!(cut("rtmps://a.rtmps.youtube.com/live2"), None);
        assert_eq!(
            cut("rtmps://b.rtmps.youtube.com/live2?backup=1/k-e-y"),
            some("rtmps://b.rtmps.youtube.com/live2?backup=1", "k-e-y")
        );
        assert_eq!(
            cut("rtmp://live-push.bilivideo.com/live-bvc/?streamname=s&key=k"),
            some("rtmp://live-push.bilivideo.com/live-bvc", "?streamname=s&key=k")
        );
        assert_eq!(cut("http://h/app/key"), None);
        assert_eq!(cut("rtmp://h/app/ab#cd!X"), some("rtmp://h/app", "ab#cd!X"));
        assert_eq!(cut("rtmp://h/app#k"), some("rtmp://h/app", "k"));
        assert_eq!(cut("rtmp://h//key"), some("rtmp://h/", "key"));
        assert_eq!(cut("rtmp://h/"), None);
        assert_eq!(cut("rtmp://h/mystream?user=a&pass=b"), None);
    }

    #[test]
    fn the_service_follows_the_address() {
        let get = |id| Services::built_in().get(id);
        let of = |address, current| service_of(address, "", get(current)).id.as_str();
        assert_eq!(of("rtmp://live-fra.twitch.tv/app", "this-computer"), "twitch");
        assert_eq!(of("rtmp://10.0.0.7/live", "this-computer"), "custom");
        assert_eq!(of("rtmp://10.0.0.7/live", "youtube"), "custom");
        assert_eq!(of("rtmp://push.example.cn/live", "douyin"), "douyin");
        assert_eq!(of("rtmps://x.global-contribute.live-video.net/app", "custom"), "aws-ivs");
        assert_eq!(of("nonsense", "mux"), "mux");
    }

    #[test]
    fn services_that_share_servers_are_told_by_choice_and_key() {
        let get = |id| Services::built_in().get(id);
        let of = |address, key, current| service_of(address, key, get(current)).id.as_str();
        let pop = "rtmps://fra05.contribute.live-video.net/app";
        let channel = "rtmps://a1b2c3.global-contribute.live-video.net:443/app";
        let twitch = "rtmps://ingest.global-contribute.live-video.net:443/app";
        for (address, key, current, expected) in [
            (pop, "", "twitch", "twitch"),
            (twitch, "", "twitch", "twitch"),
            (twitch, "", "custom", "twitch"),
            (pop, "live_1_abc", "custom", "twitch"),
            (pop, "live_1_abc", "aws-ivs", "twitch"),
            (twitch, "live_1_abc", "aws-ivs", "twitch"),
            (pop, "sk_eu-west-1_abc", "twitch", "aws-ivs"),
            (channel, "", "kick", "kick"),
            (channel, "sk_us-west-2_abc", "kick", "kick"),
            (channel, "sk_us-west-2_abc", "aws-ivs", "aws-ivs"),
            (channel, "sk_eu-west-1_abc", "kick", "aws-ivs"),
            (channel, "", "aws-ivs", "aws-ivs"),
            (pop, "of-another-kind", "aws-ivs", "aws-ivs"),
        ] {
            assert_eq!(of(address, key, current), expected, "{address} {key} {current}");
        }
        let by_key = service_of_key("live_1_abc", get("aws-ivs"));
        assert_eq!(by_key.map(|service| service.id.as_str()), Some("twitch"));
        assert!(service_of_key("live_1_abc", get("mux")).is_none());
        assert!(service_of_key("sk_us-west-2_abc", get("twitch")).is_none());
    }

    #[test]
    fn a_query_is_a_secret_unless_the_service_publishes_it() {
        let kept = |address, service| remembered(address, Services::built_in().get(service));
        let some = |a: &str, q: &str| Some((a.to_owned(), q.to_owned()));
        assert_eq!(
            kept("rtmps://b.rtmps.youtube.com:443/live2?backup=1", "youtube"),
            some("rtmps://b.rtmps.youtube.com:443/live2?backup=1", "")
        );
        assert_eq!(kept("rtmp://u:p@h/a/?t=s", "custom"), some("rtmp://h/a/", "t=s"));
        assert_eq!(kept("not an address", "custom"), None);
    }

    #[test]
    fn what_may_be_a_key_in_an_address_is_not_for_the_settings_file() {
        let custom = Services::built_in().get(Services::CUSTOM);
        for (address, plain, rest) in [
            ("rtmp://h/live/my-key", "rtmp://h/live", "/my-key"),
            ("rtmp://h/live/inst/my-key?t=s", "rtmp://h/live/inst", "/my-key?t=s"),
            ("rtmp://h/live?t=a/b", "rtmp://h/live", "t=a/b"),
            ("rtmp://h/live", "rtmp://h/live", ""),
        ] {
            let kept = remembered(address, custom).unwrap();
            assert_eq!((kept.0.as_str(), kept.1.as_str()), (plain, rest));
            assert_eq!(rejoined(plain, rest), address);
        }
    }

    #[test]
    fn fields_are_checked_at_once() {
        let check = |id, server, key| Check::of(Services::built_in().get(id), server, key);
        assert_eq!(check("this-computer", "", ""), Check::BuiltIn);
        assert_eq!(check("custom", " ", "k"), Check::Empty);
        assert!(matches!(check("custom", "rtmp://h/app", ""), Check::NoKey(_)));
        assert!(matches!(check("custom", "rtmp://h", ""), Check::Wrong(_)));
        assert!(matches!(check("custom", "rtmp://h/app", "k"), Check::Fine(_)));
        assert!(matches!(check("custom", "rtmp://h/app/k", ""), Check::Fine(_)));
        assert!(matches!(check("custom", "http://h/app", "k"), Check::Wrong(_)));
    }
}
