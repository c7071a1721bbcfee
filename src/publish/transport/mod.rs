//! One connection to a server: TCP, without blocking.
//!
//! A [`Transport`] belongs to a loop on [`mio::Poll`], which calls
//! [`Transport::drive`] on every event of its tokens and at its deadline until
//! it is open, then [`Transport::read`] and [`Transport::write`] until they say
//! that they would block (events are edges). Names are looked up elsewhere, by
//! [`resolve`] on a thread that may take its time. What the bytes mean is the
//! session's business.

mod error;
mod kernel;
mod race;

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, ToSocketAddrs};

use mio::net::TcpStream;
use mio::{Registry, Token};

pub use self::error::Error;
pub use self::kernel::TcpFigures;
use self::race::Race;
use crate::media::MediaTime;

/// One connection.
#[derive(Debug)]
pub struct Transport {
    link: Link,
    /// Bytes handed to the system.
    sent: u64,
}

#[derive(Debug)]
enum Link {
    Connecting(Race),
    Open(TcpStream),
    /// Connecting has failed.
    Lost,
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Waiting for the peer's system.
    Connecting,
    /// Ready for bytes.
    Open,
}

/// What a read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// So many bytes, at least 1.
    Bytes(usize),
    /// Nothing now.
    Blocked,
    /// Nothing ever again: the peer has closed its side.
    End,
}

impl Transport {
    /// Tokens that a connection may use, from the one it is given on.
    pub const TOKENS: usize = Race::ENTRANTS;

    /// A connection to the first of `addresses` that answers. Nothing happens
    /// before the first [`Transport::drive`].
    pub fn connect(now: MediaTime, addresses: &[SocketAddr], first: Token) -> Self {
        Self { link: Link::Connecting(Race::new(now, addresses, first)), sent: 0 }
    }

    /// Goes on connecting. An error is final.
    pub fn drive(&mut self, now: MediaTime, registry: &Registry) -> Result<Progress, Error> {
        let race = match &mut self.link {
            Link::Connecting(race) => race,
            Link::Open(_) => return Ok(Progress::Open),
            Link::Lost => return Err(Error::Reset),
        };
        match race.drive(now, registry) {
            Ok(None) => Ok(Progress::Connecting),
            Ok(Some(stream)) => {
                kernel::prepare(&stream)?;
                self.link = Link::Open(stream);
                Ok(Progress::Open)
            }
            Err(error) => {
                self.link = Link::Lost;
                Err(error)
            }
        }
    }

    /// When [`Transport::drive`] is due without an event.
    pub fn deadline(&self) -> Option<MediaTime> {
        match &self.link {
            Link::Connecting(race) => Some(race.deadline()),
            Link::Open(_) | Link::Lost => None,
        }
    }

    /// Reads what is there into `into`, which is not empty.
    pub fn read(&mut self, into: &mut [u8]) -> Result<Received, Error> {
        match unblocked(|| self.open()?.read(into))? {
            Some(0) => Ok(Received::End),
            Some(n) => Ok(Received::Bytes(n)),
            None => Ok(Received::Blocked),
        }
    }

    /// Writes the first bytes of `bytes`: how many. 0: it would block; an event
    /// follows.
    pub fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        let n = unblocked(|| self.open()?.write(bytes))?.unwrap_or(0);
        self.sent += n as u64;
        Ok(n)
    }

    /// Bytes that the system has taken over.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// The address on the other side.
    pub fn peer(&self) -> Option<SocketAddr> {
        match &self.link {
            Link::Open(stream) => stream.peer_addr().ok(),
            Link::Connecting(_) | Link::Lost => None,
        }
    }

    /// The system's figures of the connection, where it has them.
    pub fn figures(&self) -> Option<TcpFigures> {
        match &self.link {
            Link::Open(stream) => kernel::figures(stream, self.sent),
            Link::Connecting(_) | Link::Lost => None,
        }
    }

    /// Says goodbye after all that was written. True once the goodbye is with the
    /// system; then read until [`Received::End`], for a deadline's length, before
    /// letting go: what is left unread would make the close a reset.
    pub fn close(&mut self) -> Result<bool, Error> {
        match unblocked(|| self.open()?.shutdown(Shutdown::Write)) {
            Ok(done) => Ok(done.is_some()),
            // The peer was quicker.
            Err(Error::Reset) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Lets go at once, by a reset: for the server the stream broke off, it was
    /// not ended.
    pub fn abort(self) {
        if let Link::Open(stream) = &self.link {
            // Failing that, it is an ordinary close.
            let _ = kernel::reset_on_close(stream);
        }
    }

    fn open(&mut self) -> io::Result<&mut TcpStream> {
        match &mut self.link {
            Link::Open(stream) => Ok(stream),
            Link::Connecting(_) => Err(io::ErrorKind::WouldBlock.into()),
            Link::Lost => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

/// The addresses of a host. Blocks, for as long as the system likes.
pub fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    (host, port).to_socket_addrs().map(Iterator::collect)
}

/// Does it until it is done or would block (`None`).
fn unblocked<T>(mut io: impl FnMut() -> io::Result<T>) -> Result<Option<T>, Error> {
    loop {
        match io() {
            Ok(value) => return Ok(Some(value)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests;
