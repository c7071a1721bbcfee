//! One connection to a server: TCP, encrypted or not, without blocking.
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
mod tls;
mod trust;

use std::io::{self, IoSlice, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, ToSocketAddrs, UdpSocket};
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Registry, Token};

pub use self::error::{Certificate, Error, TlsError};
pub use self::kernel::TcpFigures;
use self::race::Race;
pub use self::tls::Encryption;
use self::tls::Tls;
pub use self::trust::{Fingerprint, NoFingerprint, Trust, TrustError};
use crate::media::MediaTime;

/// One connection.
#[derive(Debug)]
pub struct Transport {
    link: Link,
    encryption: Option<Encryption>,
    /// Bytes of the session that were taken.
    taken: u64,
    /// Bytes handed to the system.
    sent: u64,
}

#[derive(Debug)]
enum Link {
    Connecting(Race),
    /// Agreeing on encryption until a deadline.
    Encrypting(TcpStream, Box<Tls>, MediaTime),
    Open(TcpStream, Option<Box<Tls>>),
    /// Connecting has failed.
    Lost,
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Waiting for the peer's system.
    Connecting,
    /// Agreeing on encryption.
    Encrypting,
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

    /// When a server that does not go on with the TLS handshake is given up.
    const ENCRYPT_TIMEOUT: Duration = Duration::from_secs(10);

    /// A connection to the first of `addresses` that answers. Nothing happens
    /// before the first [`Transport::drive`].
    pub fn connect(
        now: MediaTime,
        addresses: &[SocketAddr],
        first: Token,
        encryption: Option<Encryption>,
    ) -> Self {
        let race = Race::new(now, addresses, first);
        Self { link: Link::Connecting(race), encryption, taken: 0, sent: 0 }
    }

    /// Goes on connecting. An error is final.
    pub fn drive(&mut self, now: MediaTime, registry: &Registry) -> Result<Progress, Error> {
        let link = std::mem::replace(&mut self.link, Link::Lost);
        self.link = match link {
            Link::Connecting(race) => self.connecting(race, now, registry)?,
            Link::Encrypting(stream, tls, end) => self.encrypting(stream, tls, end, now)?,
            link @ Link::Open(..) => link,
            Link::Lost => return Err(Error::Reset),
        };
        Ok(match &self.link {
            Link::Connecting(_) | Link::Lost => Progress::Connecting,
            Link::Encrypting(..) => Progress::Encrypting,
            Link::Open(..) => Progress::Open,
        })
    }

    /// When [`Transport::drive`] is due without an event.
    pub fn deadline(&self) -> Option<MediaTime> {
        match &self.link {
            Link::Connecting(race) => Some(race.deadline()),
            Link::Encrypting(_, _, end) => Some(*end),
            Link::Open(..) | Link::Lost => None,
        }
    }

    /// Reads what is there into `into`, which is not empty.
    pub fn read(&mut self, into: &mut [u8]) -> Result<Received, Error> {
        match &mut self.link {
            Link::Open(stream, Some(tls)) => tls.read(stream, &mut self.sent, into),
            Link::Open(stream, None) => Ok(match unblocked(|| stream.read(into))? {
                Some(0) => Received::End,
                Some(n) => Received::Bytes(n),
                None => Received::Blocked,
            }),
            Link::Connecting(_) | Link::Encrypting(..) => Ok(Received::Blocked),
            Link::Lost => Err(Error::Reset),
        }
    }

    /// Takes the first bytes of `slices`: how many. 0: it would block; an event
    /// follows.
    pub fn write(&mut self, slices: &[IoSlice<'_>]) -> Result<usize, Error> {
        let n = match &mut self.link {
            Link::Open(stream, Some(tls)) => tls.write(stream, &mut self.sent, slices)?,
            Link::Open(stream, None) => {
                let n = unblocked(|| stream.write_vectored(slices))?.unwrap_or(0);
                self.sent += n as u64;
                n
            }
            Link::Connecting(_) | Link::Encrypting(..) => 0,
            Link::Lost => return Err(Error::Reset),
        };
        self.taken += n as u64;
        Ok(n)
    }

    /// Hands on what encryption has kept, a record at most. True if nothing is
    /// left; otherwise an event follows. Unencrypted, nothing ever is.
    pub fn flush(&mut self) -> Result<bool, Error> {
        match &mut self.link {
            Link::Open(stream, Some(tls)) => tls.flush(stream, &mut self.sent),
            _ => Ok(true),
        }
    }

    /// Whether all that was taken is with the system.
    pub fn is_flushed(&self) -> bool {
        match &self.link {
            Link::Open(_, Some(tls)) => tls.is_flushed(),
            _ => true,
        }
    }

    /// Bytes of the session that were taken.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Bytes that went to the system for them: as many, or more if encrypted.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// The address on the other side.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.stream()?.peer_addr().ok()
    }

    /// This machine's address on the connection.
    pub fn local(&self) -> Option<SocketAddr> {
        self.stream()?.local_addr().ok()
    }

    /// The version of TLS in use, in words.
    pub fn tls_version(&self) -> Option<&'static str> {
        match &self.link {
            Link::Open(_, Some(tls)) => tls.version(),
            _ => None,
        }
    }

    /// The system's figures of the connection, where it has them.
    pub fn figures(&self) -> Option<TcpFigures> {
        kernel::figures(self.stream()?, self.sent)
    }

    /// Says goodbye after all that was written. True once the goodbye is with the
    /// system; until then, again on each event. After it read until
    /// [`Received::End`], for a deadline's length, before letting go: what is left
    /// unread would make the close a reset.
    pub fn close(&mut self) -> Result<bool, Error> {
        if let Link::Open(_, Some(tls)) = &mut self.link {
            tls.say_goodbye();
        }
        if !self.flush()? {
            return Ok(false);
        }
        let Some(stream) = self.stream() else { return Ok(true) };
        match unblocked(|| stream.shutdown(Shutdown::Write)) {
            Ok(done) => Ok(done.is_some()),
            // The peer was quicker.
            Err(Error::Reset) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Lets go at once, by a reset: for the server the stream broke off, it was
    /// not ended.
    pub fn abort(self) {
        if let Some(stream) = self.stream() {
            // Failing that, it is an ordinary close.
            let _ = kernel::reset_on_close(stream);
        }
    }

    fn connecting(
        &mut self,
        mut race: Race,
        now: MediaTime,
        registry: &Registry,
    ) -> Result<Link, Error> {
        let Some(stream) = race.drive(now, registry)? else { return Ok(Link::Connecting(race)) };
        kernel::prepare(&stream)?;
        let Some(encryption) = &self.encryption else { return Ok(Link::Open(stream, None)) };
        let tls = Box::new(Tls::new(encryption)?);
        self.encrypting(stream, tls, now + Self::ENCRYPT_TIMEOUT, now)
    }

    fn encrypting(
        &mut self,
        mut stream: TcpStream,
        mut tls: Box<Tls>,
        end: MediaTime,
        now: MediaTime,
    ) -> Result<Link, Error> {
        if tls.shake_hands(&mut stream, &mut self.sent)? {
            return Ok(Link::Open(stream, Some(tls)));
        }
        match now < end {
            true => Ok(Link::Encrypting(stream, tls, end)),
            false => Err(TlsError::TimedOut.into()),
        }
    }

    fn stream(&self) -> Option<&TcpStream> {
        match &self.link {
            Link::Open(stream, _) | Link::Encrypting(stream, _, _) => Some(stream),
            Link::Connecting(_) | Link::Lost => None,
        }
    }
}

/// The addresses of a host. Blocks, for as long as the system likes.
pub fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    (host, port).to_socket_addrs().map(Iterator::collect)
}

/// This machine's address on the way to another: when it changes, the network
/// has. Nothing is sent.
pub fn route_to(peer: SocketAddr) -> Option<IpAddr> {
    let any: SocketAddr = match peer {
        SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
        SocketAddr::V6(_) => ([0_u16; 8], 0).into(),
    };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect(peer).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

/// Whether an address is this machine's.
pub fn is_own(address: IpAddr) -> bool {
    match UdpSocket::bind((address, 0)) {
        Ok(_) => true,
        Err(error) => error.kind() != io::ErrorKind::AddrNotAvailable,
    }
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
