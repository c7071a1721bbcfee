//! Connecting to a name with several addresses: happy eyeballs (RFC 8305).
//!
//! The addresses are tried in turn, both families by turns, the next one as
//! soon as one fails or a moment has passed; the first that answers wins.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use super::Error;
use crate::media::MediaTime;

/// Connections on their way to the same destination.
#[derive(Debug)]
pub(super) struct Race {
    waiting: VecDeque<(Token, SocketAddr)>,
    running: Vec<TcpStream>,
    next_start: MediaTime,
    /// The most telling error so far.
    error: Error,
}

impl Race {
    /// Addresses tried, and so tokens used, at most.
    pub(super) const ENTRANTS: usize = 6;

    /// From one start to the next (RFC 8305 §5 proposes 250 ms).
    const STAGGER: Duration = Duration::from_millis(250);

    /// A race that starts with the first call of [`Race::drive`]. `first` is the
    /// first of [`Race::ENTRANTS`] tokens.
    pub(super) fn new(now: MediaTime, addresses: &[SocketAddr], first: Token) -> Self {
        let tokens = (first.0..).map(Token);
        Self {
            waiting: tokens.zip(by_turns(addresses)).take(Self::ENTRANTS).collect(),
            running: Vec::new(),
            next_start: now,
            error: Error::NoAddress,
        }
    }

    /// Looks at those that run and starts those that are due. The winner, once
    /// there is one.
    pub(super) fn drive(
        &mut self,
        now: MediaTime,
        registry: &Registry,
    ) -> Result<Option<TcpStream>, Error> {
        if let Some(winner) = self.winner() {
            return Ok(Some(winner));
        }
        while now >= self.next_start || self.running.is_empty() {
            let Some((token, address)) = self.waiting.pop_front() else { break };
            match start(address, token, registry) {
                Ok(stream) => {
                    self.running.push(stream);
                    self.next_start = now + Self::STAGGER;
                }
                Err(error) => self.note(error),
            }
        }
        match self.running.is_empty() {
            true => Err(std::mem::replace(&mut self.error, Error::NoAddress)),
            false => Ok(None),
        }
    }

    /// When [`Race::drive`] is due without an event.
    pub(super) fn deadline(&self) -> Option<MediaTime> {
        (!self.waiting.is_empty()).then_some(self.next_start)
    }

    fn winner(&mut self) -> Option<TcpStream> {
        let mut i = 0;
        while i < self.running.len() {
            match outcome(&self.running[i]) {
                Ok(true) => return Some(self.running.swap_remove(i)),
                Ok(false) => i += 1,
                Err(error) => {
                    self.running.swap_remove(i);
                    // Its place is free: the next one need not wait.
                    self.next_start = MediaTime::ZERO;
                    self.note(error);
                }
            }
        }
        None
    }

    fn note(&mut self, error: Error) {
        if error.weight() >= self.error.weight() {
            self.error = error;
        }
    }
}

fn start(address: SocketAddr, token: Token, registry: &Registry) -> Result<TcpStream, Error> {
    let mut stream = TcpStream::connect(address)?;
    registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
    Ok(stream)
}

/// Whether it is connected; an error if it never will be.
fn outcome(stream: &TcpStream) -> Result<bool, Error> {
    if let Some(error) = stream.take_error()? {
        return Err(error.into());
    }
    match stream.peer_addr() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotConnected => Ok(false),
        Err(error) => match error.raw_os_error() {
            // Windows says "invalid argument" of a socket that is not bound yet.
            Some(10_022) if cfg!(windows) => Ok(false),
            _ => Err(error.into()),
        },
    }
}

/// The addresses with the families by turns, in their order otherwise (RFC 8305 §4).
fn by_turns(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let Some(first) = addresses.first() else { return Vec::new() };
    let (a, b): (Vec<_>, Vec<_>) =
        addresses.iter().copied().partition(|address| address.is_ipv6() == first.is_ipv6());
    let mut ordered = Vec::with_capacity(addresses.len());
    for i in 0..a.len().max(b.len()) {
        ordered.extend(a.get(i));
        ordered.extend(b.get(i));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let parse = |list: &str| -> Vec<SocketAddr> {
            list.split(' ').map(|a| a.parse().expect("a test's address")).collect()
        };
        for (given, ordered) in [
            ("[::1]:1 [::2]:1 1.1.1.1:1 [::3]:1", "[::1]:1 1.1.1.1:1 [::2]:1 [::3]:1"),
            ("1.1.1.1:1 1.1.1.2:1 [::1]:1", "1.1.1.1:1 [::1]:1 1.1.1.2:1"),
            ("1.1.1.1:1", "1.1.1.1:1"),
        ] {
            assert_eq!(by_turns(&parse(given)), parse(ordered));
        }
        assert!(by_turns(&[]).is_empty());
    }
}
