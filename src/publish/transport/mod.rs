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
pub mod proxy;
mod race;
mod tls;
mod trust;

use std::io::{self, IoSlice, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, ToSocketAddrs, UdpSocket};

use mio::net::TcpStream;
use mio::{Registry, Token};

pub use self::error::{Certificate, Error, TlsError};
pub use self::kernel::TcpFigures;
use self::proxy::Handshake;
use self::race::Race;
pub use self::tls::Encryption;
use self::tls::Tls;
pub use self::trust::{Fingerprint, NoFingerprint, Trust, TrustError};
use crate::media::MediaTime;

/// One connection.
#[derive(Debug)]
pub struct Transport {
    link: Link,
    /// What is asked of the proxy at the other end of the connection.
    handshake: Option<Handshake>,
    encryption: Option<Encryption>,
    /// Bytes of the session that were taken.
    taken: u64,
    /// Bytes handed to the system.
    sent: u64,
}

#[derive(Debug)]
enum Link {
    Connecting(Race),
    /// Waiting for a proxy to connect to the server.
    Proxying(TcpStream, Box<Handshake>),
    /// Agreeing on encryption.
    Encrypting(TcpStream, Box<Tls>),
    Open(TcpStream, Option<Box<Tls>>),
    /// Connecting has failed.
    Lost,
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Waiting for the peer's system.
    Connecting,
    /// Waiting for a proxy.
    Proxying,
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

    /// A connection to the first of `addresses` that answers. Nothing happens
    /// before the first [`Transport::drive`].
    pub fn connect(
        now: MediaTime,
        addresses: &[SocketAddr],
        first: Token,
        encryption: Option<Encryption>,
    ) -> Self {
        let race = Race::new(now, addresses, first);
        Self { link: Link::Connecting(race), handshake: None, encryption, taken: 0, sent: 0 }
    }

    /// The addresses are a proxy's, which is asked for the server.
    pub fn through(self, handshake: Handshake) -> Self {
        Self { handshake: Some(handshake), ..self }
    }

    /// Goes on connecting, without an end of its own: how long is up to the caller. An
    /// error is final.
    pub fn drive(&mut self, now: MediaTime, registry: &Registry) -> Result<Progress, Error> {
        let link = std::mem::replace(&mut self.link, Link::Lost);
        self.link = match link {
            Link::Connecting(race) => self.connecting(race, now, registry)?,
            Link::Proxying(stream, handshake) => self.proxying(stream, handshake)?,
            Link::Encrypting(stream, tls) => self.encrypting(stream, tls)?,
            link @ Link::Open(..) => link,
            Link::Lost => return Err(Error::Reset),
        };
        Ok(match &self.link {
            Link::Connecting(_) | Link::Lost => Progress::Connecting,
            Link::Proxying(..) => Progress::Proxying,
            Link::Encrypting(..) => Progress::Encrypting,
            Link::Open(..) => Progress::Open,
        })
    }

    /// When [`Transport::drive`] is due without an event.
    pub fn deadline(&self) -> Option<MediaTime> {
        match &self.link {
            Link::Connecting(race) => race.deadline(),
            Link::Proxying(..) | Link::Encrypting(..) | Link::Open(..) | Link::Lost => None,
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
            Link::Connecting(_) | Link::Proxying(..) | Link::Encrypting(..) => {
                Ok(Received::Blocked)
            }
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
            Link::Connecting(_) | Link::Proxying(..) | Link::Encrypting(..) => 0,
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
        match self.handshake.take() {
            Some(handshake) => self.proxying(stream, Box::new(handshake)),
            None => self.connected(stream),
        }
    }

    fn proxying(
        &mut self,
        mut stream: TcpStream,
        mut handshake: Box<Handshake>,
    ) -> Result<Link, Error> {
        match handshake.drive(&mut stream, &mut self.sent)? {
            true => self.connected(stream),
            false => Ok(Link::Proxying(stream, handshake)),
        }
    }

    /// The server is at the other end.
    fn connected(&mut self, stream: TcpStream) -> Result<Link, Error> {
        let Some(encryption) = &self.encryption else { return Ok(Link::Open(stream, None)) };
        let tls = Box::new(Tls::new(encryption)?);
        self.encrypting(stream, tls)
    }

    fn encrypting(&mut self, mut stream: TcpStream, mut tls: Box<Tls>) -> Result<Link, Error> {
        match tls.shake_hands(&mut stream, &mut self.sent)? {
            true => Ok(Link::Open(stream, Some(tls))),
            false => Ok(Link::Encrypting(stream, tls)),
        }
    }

    fn stream(&self) -> Option<&TcpStream> {
        match &self.link {
            Link::Open(stream, _) | Link::Encrypting(stream, _) | Link::Proxying(stream, _) => {
                Some(stream)
            }
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
