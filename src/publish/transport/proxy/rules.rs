//! Which hosts are reached through a proxy.
//!
//! What a person asks for counts for every host. Otherwise the environment says it, as
//! it does for other programs: `all_proxy` or `ALL_PROXY`, but not for the hosts in
//! `no_proxy` or `NO_PROXY`, nor for this computer.

use std::net::IpAddr;
use std::sync::Arc;

use super::{Proxy, ProxyAddressError};

/// The variables with a proxy; the first that is set counts.
const PROXY: [&str; 2] = ["all_proxy", "ALL_PROXY"];

/// The variables with exceptions; the first that is set counts.
const NO_PROXY: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// What a person writes to go without a proxy.
const NONE: &str = "none";

/// A proxy, or none, and the hosts that are reached without it.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    proxy: Option<Arc<Proxy>>,
    /// `None`: no exceptions, not even this computer.
    exceptions: Option<Vec<Exception>>,
}

impl Proxies {
    /// What follows from a person's wish (empty: none; `none`: no proxy) and from the
    /// environment.
    pub fn choose(
        wish: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ProxyAddressError> {
        match wish.trim() {
            "" => Self::of_environment(variable),
            wish if wish.eq_ignore_ascii_case(NONE) => Ok(Self::default()),
            wish => Ok(Self { proxy: Some(Arc::new(Proxy::parse(wish)?)), exceptions: None }),
        }
    }

    /// The proxy for a host, where there is one.
    pub fn to(&self, host: &str, port: u16) -> Option<&Arc<Proxy>> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let excepted = self.exceptions.as_ref().is_some_and(|exceptions| {
            is_this_computer(&host) || exceptions.iter().any(|one| one.fits(&host, port))
        });
        self.proxy.as_ref().filter(|_| !excepted)
    }

    fn of_environment(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ProxyAddressError> {
        let set = |names: [&'static str; 2]| {
            let given = |name| Some((name, variable(name).filter(|v| !v.trim().is_empty())?));
            names.into_iter().find_map(given)
        };
        let Some((name, text)) = set(PROXY) else { return Ok(Self::default()) };
        let proxy = Proxy::parse(&text)
            .map_err(|error| ProxyAddressError::Variable(name, Box::new(error)))?;
        let exceptions = set(NO_PROXY).map(|(_, list)| exceptions(&list)).unwrap_or_default();
        Ok(Self { proxy: Some(Arc::new(proxy)), exceptions: Some(exceptions) })
    }
}

/// An entry of `NO_PROXY`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Exception {
    All,
    /// A host and all names below it, at one port or at all.
    Host(String, Option<u16>),
    /// Addresses whose first bits are these.
    Network(IpAddr, u8),
}

impl Exception {
    fn fits(&self, host: &str, port: u16) -> bool {
        match self {
            Self::All => true,
            Self::Host(end, only) => {
                let below = host.strip_suffix(end.as_str());
                only.is_none_or(|only| only == port)
                    && below.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            Self::Network(network, bits) => {
                host.parse().is_ok_and(|ip| begins_alike(*network, ip, *bits))
            }
        }
    }
}

fn exceptions(list: &str) -> Vec<Exception> {
    list.split([',', ' ', '\t']).filter(|text| !text.is_empty()).map(exception).collect()
}

fn exception(text: &str) -> Exception {
    let text = text.to_ascii_lowercase();
    if text == "*" {
        return Exception::All;
    }
    let network = text.split_once('/').and_then(|(ip, bits)| {
        let ip: IpAddr = bare(ip).parse().ok()?;
        let most = if ip.is_ipv4() { 32 } else { 128 };
        let bits = bits.parse().ok().filter(|bits| *bits <= most)?;
        Some(Exception::Network(ip, bits))
    });
    if let Some(network) = network {
        return network;
    }
    let (host, port) = match text.rsplit_once(':') {
        // An IPv6 address has colons of its own.
        Some((host, port)) if !bare(host).contains(':') || host.ends_with(']') => {
            (host, port.parse().ok())
        }
        _ => (text.as_str(), None),
    };
    let host = bare(host).trim_start_matches("*.").trim_matches('.');
    Exception::Host(host.to_owned(), port)
}

/// An IPv6 address without its brackets.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn begins_alike(network: IpAddr, ip: IpAddr, bits: u8) -> bool {
    let alike = |a: u128, b: u128, length: u8| {
        (a ^ b).checked_shr(u32::from(length - bits)).unwrap_or(0) == 0
    };
    match (network, ip) {
        (IpAddr::V4(a), IpAddr::V4(b)) => alike(u32::from(a).into(), u32::from(b).into(), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => alike(a.into(), b.into(), 128),
        _ => false,
    }
}

fn is_this_computer(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(ip) => ip.to_canonical().is_loopback() || ip.is_unspecified(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(wish: &str, environment: &[(&str, &str)]) -> Result<Proxies, ProxyAddressError> {
        Proxies::choose(wish, |name| {
            let found = environment.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn through(proxies: &Proxies, host: &str) -> Option<String> {
        proxies.to(host, 1935).map(|proxy| proxy.to_string())
    }

    #[test]
    fn the_wish_comes_before_the_environment_and_lower_case_before_upper() {
        let environment = [("ALL_PROXY", "http://upper:1"), ("all_proxy", "http://lower:1")];
        for (wish, environment, expected) in [
            ("", &[][..], None),
            ("", &environment[..1], Some("upper:1")),
            ("", &environment, Some("lower:1")),
            ("", &[("all_proxy", " "), ("ALL_PROXY", "upper:1")], Some("upper:1")),
            ("socks5://mine:1", &environment, Some("mine:1")),
            ("none", &environment, None),
            (" NONE ", &environment, None),
        ] {
            let proxies = of(wish, environment).expect("a proxy or none");
            assert_eq!(through(&proxies, "live.example").as_deref(), expected, "{wish}");
        }
    }

    #[test]
    fn this_computer_is_reached_through_a_proxy_only_where_a_person_says_so() {
        let environment = [("ALL_PROXY", "http://proxy:1")];
        let (implied, asked) =
            (of("", &environment).expect("one"), of("http://proxy:1", &[]).expect("one"));
        for host in [
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "127.0.0.1",
            "127.9.9.9",
            "::1",
            "::ffff:127.0.0.1",
        ] {
            assert_eq!(through(&implied, host), None, "{host}");
            assert!(through(&asked, host).is_some(), "{host}");
        }
        for host in ["notlocalhost", "128.0.0.1", "localhost.example", "10.0.0.1"] {
            assert!(through(&implied, host).is_some(), "{host}");
        }
    }

    #[test]
    fn exceptions_are_read_as_other_programs_read_them() {
        for (list, without, with) in [
            (
                "example.com",
                &["example.com", "a.b.Example.com", "example.com."][..],
                &["badexample.com", "example.org"][..],
            ),
            (".example.com", &["example.com", "a.example.com"], &["example.org"]),
            ("*.example.com", &["a.example.com"], &["example.org"]),
            (
                "a.example, b.example c.example",
                &["a.example", "b.example", "c.example"],
                &["d.example"],
            ),
            ("*", &["anything", "8.8.8.8"], &[]),
            (
                "10.0.0.0/8,192.168.1.7",
                &["10.255.0.1", "192.168.1.7"],
                &["11.0.0.1", "192.168.1.8"],
            ),
            ("fd00::/8,[2001:db8::1]", &["fd12::1", "2001:db8::1"], &["fe80::1", "2001:db8::2"]),
            ("0.0.0.0/0", &["8.8.8.8"], &["::2", "name"]),
            ("live.example:1935,other.example:443", &["live.example"], &["other.example"]),
            ("[2001:db8::1]:1935", &["2001:db8::1"], &["2001:db8::2"]),
            ("10.0.0.0/99", &[], &["10.0.0.0"]),
        ] {
            let environment = [("ALL_PROXY", "http://proxy:1"), ("NO_PROXY", list)];
            let proxies = of("", &environment).expect("a proxy");
            for host in without {
                assert_eq!(through(&proxies, host), None, "{host} in {list}");
            }
            for host in with {
                assert!(through(&proxies, host).is_some(), "{host} in {list}");
            }
            let asked = of("http://proxy:1", &environment).expect("a proxy");
            assert!(through(&asked, "example.com").is_some(), "what is asked for has none");
        }
    }

    #[test]
    fn a_proxy_that_can_t_be_used_is_no_reason_to_go_without() {
        let error = of("", &[("ALL_PROXY", "https://u:hush@proxy")]).expect_err("no such kind");
        assert!(error.to_string().contains("ALL_PROXY") && !error.to_string().contains("hush"));
        assert!(of("ftp://proxy", &[]).is_err());
        assert!(of("none", &[("ALL_PROXY", "https://proxy")]).is_ok());
    }
}
