//! From a name to an open connection.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mio::{Registry, Waker};

use super::SOCKETS;
use super::resolver::Resolver;
use crate::media::MediaTime;
use crate::protocol::rtmp::client::ClientOptions;
use crate::publish::status::{Failure, Step};
use crate::publish::transport::{Encryption, Fingerprint, Progress, Transport, Trust, TrustError};

/// A name, a connection and its encryption each have this long.
const PATIENCE: Duration = Duration::from_millis(3_900);

/// Whom to believe that they are the server.
#[derive(Clone, Debug, Default)]
pub struct Certificates {
    /// Certificates to trust beside the system's, in a PEM file.
    pub ca_file: Option<PathBuf>,
    /// The one certificate to trust, whatever it says, in place of all others.
    pub only: Option<Fingerprint>,
}

/// A connection that is being made.
#[derive(Debug)]
pub struct Dial {
    options: ClientOptions,
    stage: Stage,
    /// When the stage has to be over.
    deadline: MediaTime,
}

#[derive(Debug)]
enum Stage {
    Resolving(Resolver, Option<Encryption>),
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
    /// Asks for the server's addresses.
    pub fn start(
        now: MediaTime,
        options: ClientOptions,
        certificates: &Certificates,
        waker: Arc<Waker>,
    ) -> Result<Self, Failure> {
        let url = &options.url;
        let encryption = match url.tls() {
            true => Some(Encryption { host: url.host().into(), trust: certificates.trust()? }),
            false => None,
        };
        let resolver = Resolver::start(url.host(), url.port(), waker)
            .map_err(|error| Failure::Local(error.to_string()))?;
        let stage = Stage::Resolving(resolver, encryption);
        Ok(Self { options, stage, deadline: now + PATIENCE })
    }

    /// When it wants to be looked at without an event.
    pub fn deadline(&self) -> MediaTime {
        match &self.stage {
            Stage::Resolving(..) => self.deadline,
            Stage::Opening(transport, _) => {
                transport.deadline().map_or(self.deadline, |due| due.min(self.deadline))
            }
        }
    }

    /// Goes on.
    pub fn drive(mut self: Box<Self>, now: MediaTime, to: &Registry) -> Result<Dialed, Failure> {
        if let Stage::Resolving(resolver, encryption) = &mut self.stage {
            let host = || self.options.url.host().to_string();
            let addresses = match resolver.poll()? {
                Some(addresses) if !addresses.is_empty() => addresses,
                None if now < self.deadline => return Ok(Dialed::At(Step::Resolve, self)),
                Some(_) => return Err(Failure::NameNotFound { host: host() }),
                None => return Err(Failure::NameUnanswered { host: host() }),
            };
            let transport = Transport::connect(now, &addresses, SOCKETS, encryption.take());
            self.enter(now, transport, Step::Connect);
        }
        self.open(now, to)
    }

    fn open(mut self: Box<Self>, now: MediaTime, to: &Registry) -> Result<Dialed, Failure> {
        let peer = peer_of(&self.options);
        let (mut transport, before) = match self.stage {
            Stage::Opening(transport, step) => (transport, step),
            Stage::Resolving(..) => return Ok(Dialed::At(Step::Resolve, self)),
        };
        let progress = transport
            .drive(now, to)
            .map_err(|error| Failure::Transport { peer: peer.clone(), error: Arc::new(error) })?;
        let step = match progress {
            Progress::Connecting => Step::Connect,
            Progress::Encrypting => Step::Encrypt,
            Progress::Open => return Ok(Dialed::Open(transport, Box::new(self.options))),
        };
        if step != before {
            self.deadline = now + PATIENCE;
        }
        self.stage = Stage::Opening(transport, step);
        match now < self.deadline {
            true => Ok(Dialed::At(step, self)),
            false => Err(Failure::NoAnswer { peer, step }),
        }
    }

    fn enter(&mut self, now: MediaTime, transport: Transport, step: Step) {
        self.stage = Stage::Opening(Box::new(transport), step);
        self.deadline = now + PATIENCE;
    }

    /// Lets go of it.
    pub fn abort(self) {
        if let Stage::Opening(transport, _) = self.stage {
            transport.abort();
        }
    }
}

impl Certificates {
    fn trust(&self) -> Result<Trust, Failure> {
        match self.only {
            Some(fingerprint) => Ok(Trust::only(fingerprint)),
            None => Trust::system(self.ca_file.as_deref()).map_err(|error| match error {
                TrustError::File { .. } => Failure::Certificates(error.to_string()),
                TrustError::System(_) => Failure::Local(error.to_string()),
            }),
        }
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
