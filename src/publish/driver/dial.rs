//! From a name to an open connection, through a proxy or not.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mio::Registry;

use super::SOCKETS;
use super::means::Means;
use crate::media::MediaTime;
use crate::protocol::rtmp::client::ClientOptions;
use crate::publish::names::{self, Answer};
use crate::publish::status::{Failure, Step};
use crate::publish::transport::proxy::{Endpoint, Handshake, Proxy, ProxyError};
use crate::publish::transport::{Encryption, Error, Progress, Transport};

/// A connection and its encryption each have this long.
const PATIENCE: Duration = Duration::from_millis(3_900);

/// A proxy has this long to find the server and connect to it.
const PROXY_PATIENCE: Duration = Duration::from_secs(10);

/// A connection that is being made.
#[derive(Debug)]
pub struct Dial {
    options: ClientOptions,
    proxy: Option<Arc<Proxy>>,
    encryption: Option<Encryption>,
    stage: Stage,
    /// When the stage has to be over.
    deadline: MediaTime,
    /// When to look again without an event.
    wake: MediaTime,
}

#[derive(Debug)]
enum Stage {
    /// Looking up the server's name since then.
    Server(MediaTime),
    /// Looking up the proxy's name since then, to ask it for an endpoint.
    Proxy(MediaTime, Endpoint),
    Opening(Box<Transport>, Step),
}

/// How far it is.
#[derive(Debug)]
pub enum Dialed {
    /// On the way: go on with it after the next event.
    At(Step, Box<Dial>),
    /// The connection is open, and what is to be said on it.
    Open(Box<Transport>, Box<ClientOptions>),
}

impl Dial {
    /// Asks for the addresses of the server, or of the proxy on the way to it.
    pub fn start(
        now: MediaTime,
        options: ClientOptions,
        means: &mut Means,
    ) -> Result<Self, Failure> {
        let url = &options.url;
        let encryption = match url.tls() {
            true => Some(Encryption { host: url.host().into(), trust: means.trust()? }),
            false => None,
        };
        let proxy = means.proxies.to(url.host(), url.port()).cloned();
        if let Some(proxy) = &proxy {
            tracing::debug!(%proxy, "connecting through a proxy");
        }
        let endpoint = Endpoint::new(url.host(), url.port());
        let stage = match (&proxy, &endpoint) {
            (Some(proxy), Endpoint::Name(..)) if proxy.resolves_here() => Stage::Server(now),
            (Some(_), _) => Stage::Proxy(now, endpoint),
            (None, _) => Stage::Server(now),
        };
        let mut dial = Self { options, proxy, encryption, stage, deadline: now, wake: now };
        dial.ask(now, means)?;
        Ok(dial)
    }

    /// When it wants to be looked at without an event.
    pub fn deadline(&self) -> MediaTime {
        match &self.stage {
            Stage::Server(_) | Stage::Proxy(..) => self.wake,
            Stage::Opening(transport, _) => {
                transport.deadline().map_or(self.deadline, |due| due.min(self.deadline))
            }
        }
    }

    /// Goes on.
    pub fn drive(
        mut self: Box<Self>,
        now: MediaTime,
        to: &Registry,
        means: &mut Means,
    ) -> Result<Dialed, Failure> {
        while let Stage::Server(since) | Stage::Proxy(since, _) = self.stage {
            match self.look(now, since, means)? {
                Some(addresses) => self.found(now, addresses, means)?,
                None => return Ok(Dialed::At(Step::Resolve, self)),
            }
        }
        self.open(now, to)
    }

    /// Lets go of it.
    pub fn abort(self) {
        if let Stage::Opening(transport, _) = self.stage {
            transport.abort();
        }
    }

    /// What has not answered in this step: the server, or the proxy.
    pub fn unanswered(&self, step: Step) -> Failure {
        match (&self.stage, step) {
            (Stage::Proxy(..), _) => self.proxy_failure(ProxyError::NameUnanswered),
            (Stage::Server(_), _) => Failure::NameUnanswered { host: self.sought().into() },
            (_, Step::Connect | Step::Proxy) if self.proxy.is_some() => {
                self.proxy_failure(ProxyError::TimedOut)
            }
            _ => Failure::NoAnswer { peer: peer_of(&self.options), step },
        }
    }

    /// The name that is looked up.
    fn sought(&self) -> &str {
        match (&self.stage, &self.proxy) {
            (Stage::Proxy(..), Some(proxy)) => proxy.host(),
            _ => self.options.url.host(),
        }
    }

    fn ask(&mut self, now: MediaTime, means: &mut Means) -> Result<(), Failure> {
        self.deadline = now + names::PATIENCE;
        self.wake = self.deadline;
        means.resolver.begin(now, self.sought())
    }

    fn look(
        &mut self,
        now: MediaTime,
        since: MediaTime,
        means: &mut Means,
    ) -> Result<Option<Vec<SocketAddr>>, Failure> {
        let (answer, due) = means.resolver.poll(now, since, self.sought())?;
        self.wake = due.map_or(self.deadline, |due| due.min(self.deadline));
        match (answer, &self.stage) {
            (Answer::Use(addresses), _) => Ok(Some(addresses)),
            (Answer::Wait, _) if now < self.deadline => Ok(None),
            (Answer::Wait, _) => Err(self.unanswered(Step::Resolve)),
            (Answer::NotFound, Stage::Proxy(..)) => {
                Err(self.proxy_failure(ProxyError::NameNotFound))
            }
            (Answer::NotFound, _) => Err(Failure::NameNotFound { host: self.sought().into() }),
        }
    }

    /// The name that was looked up has these addresses.
    fn found(
        &mut self,
        now: MediaTime,
        mut addresses: Vec<SocketAddr>,
        means: &mut Means,
    ) -> Result<(), Failure> {
        let handshake = match (&self.stage, &self.proxy) {
            (Stage::Server(_), Some(_)) => {
                let endpoint = Endpoint::Address(self.for_a_proxy(&addresses));
                self.stage = Stage::Proxy(now, endpoint);
                return self.ask(now, means);
            }
            (Stage::Proxy(_, endpoint), Some(proxy)) => {
                let handshake = Handshake::new(proxy, endpoint);
                Some(handshake.map_err(|error| self.proxy_failure(error))?)
            }
            _ => None,
        };
        let port = match &self.proxy {
            Some(proxy) => proxy.port(),
            None => self.options.url.port(),
        };
        addresses.iter_mut().for_each(|address| address.set_port(port));
        let transport = Transport::connect(now, &addresses, SOCKETS, self.encryption.take());
        let transport = match handshake {
            Some(handshake) => transport.through(handshake),
            None => transport,
        };
        self.stage = Stage::Opening(Box::new(transport), Step::Connect);
        self.deadline = now + PATIENCE;
        Ok(())
    }

    /// Of the server's addresses the one that a proxy is asked for: IPv4 where there is
    /// one, for not every proxy has IPv6.
    fn for_a_proxy(&self, addresses: &[SocketAddr]) -> SocketAddr {
        let v4 = addresses.iter().find(|address| address.is_ipv4());
        let chosen = v4.or(addresses.first()).copied();
        let mut address = chosen.unwrap_or(SocketAddr::from(([0, 0, 0, 0], 0)));
        address.set_port(self.options.url.port());
        address
    }

    fn open(mut self: Box<Self>, now: MediaTime, to: &Registry) -> Result<Dialed, Failure> {
        let Stage::Opening(transport, before) = &mut self.stage else {
            return Ok(Dialed::At(Step::Resolve, self));
        };
        let before = *before;
        let progress = match transport.drive(now, to) {
            Ok(progress) => progress,
            Err(error) => return Err(self.failure(before, error)),
        };
        let step = match progress {
            Progress::Connecting => Step::Connect,
            Progress::Proxying => Step::Proxy,
            Progress::Encrypting => Step::Encrypt,
            Progress::Open => return Ok(self.opened()),
        };
        self.enter(now, before, step);
        match now < self.deadline {
            true => Ok(Dialed::At(step, self)),
            false => Err(self.unanswered(step)),
        }
    }

    fn opened(self: Box<Self>) -> Dialed {
        let Self { options, stage, .. } = *self;
        match stage {
            Stage::Opening(transport, _) => Dialed::Open(transport, Box::new(options)),
            Stage::Server(_) | Stage::Proxy(..) => unreachable!("only what opens is open"),
        }
    }

    fn enter(&mut self, now: MediaTime, before: Step, step: Step) {
        if step == before {
            return;
        }
        self.deadline = now + if step == Step::Proxy { PROXY_PATIENCE } else { PATIENCE };
        if let Stage::Opening(_, at) = &mut self.stage {
            *at = step;
        }
    }

    /// Whose fault an error is: until the connection leads to the server, the proxy's.
    fn failure(&self, step: Step, error: Error) -> Failure {
        let is_tls = matches!(error, Error::Tls(_));
        if self.proxy.is_some() && matches!(step, Step::Connect | Step::Proxy) && !is_tls {
            return self.proxy_failure(ProxyError::from(&error));
        }
        Failure::Transport { peer: peer_of(&self.options), error: Arc::new(error) }
    }

    fn proxy_failure(&self, error: ProxyError) -> Failure {
        let proxy = self.proxy.as_ref().map(ToString::to_string).unwrap_or_default();
        Failure::Proxy { proxy, server: peer_of(&self.options), error }
    }
}

/// Host and port, for people.
pub fn peer_of(options: &ClientOptions) -> String {
    let url = &options.url;
    match url.host().contains(':') {
        true => format!("[{}]:{}", url.host(), url.port()),
        false => format!("{}:{}", url.host(), url.port()),
    }
}

#[cfg(test)]
mod tests {
    use mio::{Poll, Token, Waker};

    use super::*;
    use crate::protocol::rtmp::url::Target;
    use crate::publish::driver::Certificates;
    use crate::publish::transport::proxy::Proxies;

    /// A try that has just begun, and what it looks up first.
    fn begun(url: &str, proxy: &str) -> (Dial, String) {
        let poll = Poll::new().expect("the system has a poll");
        let waker = Waker::new(poll.registry(), Token(0)).expect("a waker");
        let proxies = Proxies::choose(proxy, |_| None).expect("a proxy");
        let mut means = Means::new(Arc::new(waker), proxies, Certificates::default());
        let target = Target::parse(url).expect("an address");
        let dial = Dial::start(MediaTime::ZERO, ClientOptions::new(target), &mut means);
        let dial = dial.expect("it begins");
        let sought = dial.sought().to_owned();
        (dial, sought)
    }

    #[test]
    fn who_looks_up_the_servers_name() {
        for (proxy, sought) in [
            ("", "localhost"),
            ("socks5://127.0.0.1", "localhost"),
            ("socks5h://127.0.0.1", "127.0.0.1"),
            ("http://127.0.0.1", "127.0.0.1"),
        ] {
            let (dial, first) = begun("rtmp://localhost/live/k", proxy);
            assert_eq!(first, sought, "{proxy}");
            let name = Endpoint::Name("localhost".into(), 1935);
            let is_left = matches!(&dial.stage, Stage::Proxy(_, endpoint) if *endpoint == name);
            assert_eq!(is_left, sought == "127.0.0.1", "{proxy}: the proxy is asked by name");
        }
        let (_, first) = begun("rtmp://192.0.2.1/live/k", "socks5://127.0.0.1");
        assert_eq!(first, "127.0.0.1", "an address needs no lookup");
    }

    #[test]
    fn whoever_does_not_answer_is_named() {
        let named = |dial: &Dial, step| format!("{:?}", dial.unanswered(step));
        let (dial, _) = begun("rtmp://localhost/live/k", "");
        assert!(named(&dial, Step::Resolve).contains("NameUnanswered { host: \"localhost\" }"));
        let (mut dial, _) = begun("rtmp://localhost/live/k", "socks5h://127.0.0.1:9050");
        assert!(named(&dial, Step::Resolve).contains("127.0.0.1:9050"));
        let transport = Transport::connect(MediaTime::ZERO, &[], SOCKETS, None);
        dial.stage = Stage::Opening(Box::new(transport), Step::Proxy);
        assert!(named(&dial, Step::Proxy).contains("127.0.0.1:9050"));
        assert!(named(&dial, Step::Encrypt).contains("NoAnswer { peer: \"localhost:1935\""));
    }
}
