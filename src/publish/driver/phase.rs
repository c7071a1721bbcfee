//! What the loop is at: from a name to a running session, and the wait between.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::resolver::Resolver;
use super::session::Running;
use super::{Driver, SOCKETS};
use crate::media::MediaTime;
use crate::publish::status::{Failure, State, Step};
use crate::publish::transport::{Encryption, Progress, Transport, Trust};

/// A name, a connection and its encryption each have this long.
const PATIENCE: Duration = Duration::from_millis(3_900);

/// What the loop is at.
pub enum Phase {
    /// A try begins.
    Start,
    /// Waiting for the server's addresses.
    Resolving {
        /// Who is asked.
        resolver: Resolver,
        /// When the answer has to be there.
        deadline: MediaTime,
    },
    /// Waiting for the connection.
    Opening {
        /// It.
        transport: Box<Transport>,
        /// When it has to be open.
        deadline: MediaTime,
    },
    /// Speaking RTMP.
    Session(Box<Running>),
    /// Until the next try.
    Waiting {
        /// When it comes.
        until: MediaTime,
    },
    /// Nothing more will happen.
    Ended,
}

impl Phase {
    /// How long the session had been live; `None` if it never was.
    pub fn live_for(&self, now: MediaTime) -> Option<Duration> {
        match self {
            Self::Session(running) => running.live_since().map(|since| now.since(since)),
            _ => None,
        }
    }

    /// Breaks a connection off: without a goodbye the server keeps the stream
    /// open for the next try.
    pub fn abort(&mut self) {
        match mem::replace(self, Self::Ended) {
            Self::Opening { transport, .. } => transport.abort(),
            Self::Session(running) => running.abort(),
            _ => {}
        }
    }
}

impl Driver {
    /// Takes the phase's next step.
    pub(super) fn advance(&mut self, now: MediaTime) -> Result<(), Failure> {
        match self.phase {
            Phase::Start => self.start_try(now),
            Phase::Resolving { .. } => self.look_for_addresses(now),
            Phase::Opening { .. } => self.open(now),
            Phase::Session(_) => self.run_session(now),
            Phase::Waiting { until } if until <= now => self.start_try(now),
            Phase::Waiting { .. } | Phase::Ended => Ok(()),
        }
    }

    /// When the phase wants to be looked at without an event.
    pub(super) fn deadline(&self) -> MediaTime {
        match &self.phase {
            Phase::Start | Phase::Ended => MediaTime::ZERO,
            Phase::Resolving { deadline, .. } => *deadline,
            Phase::Opening { transport, deadline } => {
                transport.deadline().map_or(*deadline, |due| due.min(*deadline))
            }
            Phase::Session(running) => running.deadline(),
            Phase::Waiting { until } => *until,
        }
    }

    /// Host and port, for people.
    pub(super) fn peer(&self) -> String {
        let url = &self.options.url;
        match url.host().contains(':') {
            true => format!("[{}]:{}", url.host(), url.port()),
            false => format!("{}:{}", url.host(), url.port()),
        }
    }

    fn start_try(&mut self, now: MediaTime) -> Result<(), Failure> {
        self.status.state = State::Connecting(Step::Resolve);
        let url = &self.options.url;
        let resolver = Resolver::start(url.host(), url.port(), Arc::clone(&self.waker))
            .map_err(|error| Failure::Local(error.to_string()))?;
        self.phase = Phase::Resolving { resolver, deadline: now + PATIENCE };
        self.advance(now)
    }

    fn look_for_addresses(&mut self, now: MediaTime) -> Result<(), Failure> {
        let Phase::Resolving { resolver, deadline } = &self.phase else { return Ok(()) };
        let not_found = || Failure::NameNotFound { host: self.options.url.host().into() };
        let Some(addresses) = resolver.poll() else {
            return if now < *deadline { Ok(()) } else { Err(not_found()) };
        };
        if addresses.is_empty() {
            return Err(not_found());
        }
        self.status.state = State::Connecting(Step::Connect);
        let transport = self.transport(now, &addresses)?;
        self.phase = Phase::Opening { transport: Box::new(transport), deadline: now + PATIENCE };
        self.open(now)
    }

    fn transport(
        &self,
        now: MediaTime,
        addresses: &[std::net::SocketAddr],
    ) -> Result<Transport, Failure> {
        let encryption = self.options.url.tls().then(|| self.encryption()).transpose()?;
        Ok(Transport::connect(now, addresses, SOCKETS, encryption))
    }

    fn encryption(&self) -> Result<Encryption, Failure> {
        let trust = Trust::system(self.config.ca_file.as_deref())
            .map_err(|error| Failure::Local(error.to_string()))?;
        Ok(Encryption { host: self.options.url.host().into(), trust })
    }

    fn open(&mut self, now: MediaTime) -> Result<(), Failure> {
        let peer = self.peer();
        let Phase::Opening { transport, deadline } = &mut self.phase else { return Ok(()) };
        let progress = transport
            .drive(now, self.poll.registry())
            .map_err(|error| Failure::Transport { peer: peer.clone(), error: Arc::new(error) })?;
        let step = match progress {
            Progress::Open => return self.start_session(now),
            Progress::Connecting => Step::Connect,
            Progress::Encrypting => Step::Encrypt,
        };
        if !matches!(self.status.state, State::Connecting(at) if at == step) {
            self.status.state = State::Connecting(step);
            *deadline = now + PATIENCE;
        }
        match now < *deadline {
            true => Ok(()),
            false => Err(Failure::NoAnswer { peer, step }),
        }
    }

    fn start_session(&mut self, now: MediaTime) -> Result<(), Failure> {
        let Phase::Opening { transport, .. } = mem::replace(&mut self.phase, Phase::Ended) else {
            return Ok(());
        };
        self.status.state = State::Connecting(Step::Handshake);
        let running = Running::start(now, *transport, self.options.clone())?;
        self.phase = Phase::Session(Box::new(running));
        self.run_session(now)
    }
}
