//! Names to addresses, each lookup on a thread of its own: the system may take its
//! time. When to ask and what to use meanwhile is decided by [`Name`].

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use mio::Waker;

use crate::media::MediaTime;
use crate::publish::names::{Answer, Name};
use crate::publish::status::Failure;
use crate::publish::transport;
use crate::supervise::{self, Part};

/// Names that are remembered: the server's, a proxy's, and where a server sent us.
const NAMES: usize = 16;

/// All lookups of a destination, over all its tries.
#[derive(Debug)]
pub struct Resolver {
    waker: Arc<Waker>,
    /// Newest last.
    hosts: Vec<Host>,
}

#[derive(Debug)]
struct Host {
    /// In lower case.
    name: String,
    book: Name,
    /// Lookups under way. One that never answers keeps its thread until it does.
    lookups: Vec<Receiver<Vec<SocketAddr>>>,
}

impl Resolver {
    /// Knows nothing yet; wakes its owner when an answer comes.
    pub fn new(waker: Arc<Waker>) -> Self {
        Self { waker, hosts: Vec::new() }
    }

    /// A try begins that needs the addresses of `host`.
    pub fn begin(&mut self, now: MediaTime, host: &str) -> Result<(), Failure> {
        if literal(host).is_some() {
            return Ok(());
        }
        let waker = Arc::clone(&self.waker);
        let host = self.host(host);
        host.take_answers(now)?;
        host.book.begin();
        host.look_up(now, &waker)
    }

    /// What a try that began at `since` does now, and when it is to ask again.
    pub fn poll(
        &mut self,
        now: MediaTime,
        since: MediaTime,
        host: &str,
    ) -> Result<(Answer, Option<MediaTime>), Failure> {
        if let Some(ip) = literal(host) {
            return Ok((Answer::Use(vec![SocketAddr::new(ip, 0)]), None));
        }
        let waker = Arc::clone(&self.waker);
        let host = self.host(host);
        host.take_answers(now)?;
        let answer = host.book.answer(now, since);
        if answer == Answer::Wait {
            host.look_up(now, &waker)?;
        }
        Ok((answer, host.book.due(since)))
    }

    fn host(&mut self, name: &str) -> &mut Host {
        let name = name.to_ascii_lowercase();
        let index = match self.hosts.iter().position(|host| host.name == name) {
            Some(index) => index,
            None => {
                if self.hosts.len() == NAMES {
                    self.hosts.remove(0);
                }
                let (book, lookups) = (Name::default(), Vec::new());
                self.hosts.push(Host { name, book, lookups });
                self.hosts.len() - 1
            }
        };
        &mut self.hosts[index]
    }
}

impl Host {
    /// Starts a lookup, if one is wanted.
    fn look_up(&mut self, now: MediaTime, waker: &Arc<Waker>) -> Result<(), Failure> {
        if !self.book.ask(now) {
            return Ok(());
        }
        let waker = Arc::clone(waker);
        let (sender, answer) = bounded(1);
        let name = self.name.clone();
        let ask = move || {
            supervise::falter(Part::Resolve);
            let found = transport::resolve(&name, 0);
            if let Err(error) = &found {
                tracing::debug!(%error, "name lookup");
            }
            let _ = sender.send(found.unwrap_or_default());
            let _ = waker.wake();
        };
        match supervise::spawn(Part::Resolve.name(), ask) {
            Ok(_) => self.lookups.push(answer),
            Err(error) => {
                self.book.answered(now, Vec::new());
                return Err(Failure::Local(error.to_string()));
            }
        }
        Ok(())
    }

    /// A lookup whose thread has died is a failure of this program's.
    fn take_answers(&mut self, now: MediaTime) -> Result<(), Failure> {
        let (book, mut died) = (&mut self.book, false);
        self.lookups.retain(|lookup| match lookup.try_recv() {
            Ok(addresses) => {
                book.answered(now, addresses);
                false
            }
            Err(TryRecvError::Empty) => true,
            Err(TryRecvError::Disconnected) => {
                died = true;
                book.answered(now, Vec::new());
                false
            }
        });
        if died { Err(Failure::Internal(Part::Resolve)) } else { Ok(()) }
    }
}

/// The address that a host is written as.
fn literal(host: &str) -> Option<IpAddr> {
    host.parse().ok()
}
