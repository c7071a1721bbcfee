//! Proxies: SOCKS5 and HTTP CONNECT.
//!
//! [`Proxy`] is an address as people write it, [`Proxies`] says which hosts are
//! reached through it. [`Handshake`] asks a proxy for a connection; the two protocols
//! are state machines without sockets.

mod address;
mod connect;
mod error;
mod rules;
mod socks5;

use std::fmt;
use std::net::SocketAddr;

use mio::net::TcpStream;

pub use self::address::{Kind, Proxy};
use self::connect::Connect;
pub use self::error::{ProxyAddressError, ProxyError};
pub use self::rules::Proxies;
use self::socks5::Socks5;
use super::{Error, unblocked};

/// Bytes of an answer that are looked at in one go.
const PEEK: usize = 512;

/// What a proxy is asked to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A name that the proxy looks up, and a port.
    Name(String, u16),
    /// An address that was looked up here.
    Address(SocketAddr),
}

impl Endpoint {
    /// A host as it is in a URL, without brackets.
    pub fn new(host: &str, port: u16) -> Self {
        match host.parse() {
            Ok(ip) => Self::Address(SocketAddr::new(ip, port)),
            Err(_) => Self::Name(host.to_owned(), port),
        }
    }
}

impl fmt::Display for Endpoint {
    /// Host and port, an IPv6 address in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A link-local address with its interface is no IP address to the parser.
            Self::Name(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Name(host, port) => write!(f, "{host}:{port}"),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// A handshake with a proxy, of either kind.
#[derive(Debug)]
pub struct Handshake {
    protocol: Protocol,
    /// Bytes of the protocol's output that the system has taken.
    written: usize,
}

#[derive(Debug)]
enum Protocol {
    Socks5(Socks5),
    Connect(Connect),
}

impl Handshake {
    /// Asks `proxy` for a connection to `endpoint`.
    pub fn new(proxy: &Proxy, endpoint: &Endpoint) -> Result<Self, ProxyError> {
        let credentials = proxy.credentials();
        let protocol = match proxy.kind() {
            Kind::Socks5 | Kind::Socks5h => {
                Protocol::Socks5(Socks5::new(endpoint.clone(), credentials.cloned())?)
            }
            Kind::Http => Protocol::Connect(Connect::new(endpoint, credentials)),
        };
        Ok(Self { protocol, written: 0 })
    }

    /// Goes on, counting what is sent. True once the connection leads to the endpoint.
    pub(super) fn drive(&mut self, stream: &mut TcpStream, sent: &mut u64) -> Result<bool, Error> {
        loop {
            if !self.write(stream, sent)? {
                return Ok(false);
            }
            if self.is_done() {
                return Ok(true);
            }
            let mut buffer = [0; PEEK];
            let Some(n) = unblocked(|| stream.peek(&mut buffer))? else { return Ok(false) };
            if n == 0 {
                return Err(ProxyError::Closed.into());
            }
            // What follows the answer is the server's: only the answer is taken.
            let taken = self.feed(&buffer[..n])?;
            unblocked(|| io_read(stream, &mut buffer[..taken]))?;
        }
    }

    fn write(&mut self, stream: &mut TcpStream, sent: &mut u64) -> Result<bool, Error> {
        while self.written < self.output().len() {
            let rest = &self.output()[self.written..];
            let Some(n) = unblocked(|| io_write(stream, rest))? else { return Ok(false) };
            self.written += n;
            *sent += n as u64;
        }
        Ok(true)
    }

    /// All that is to be said so far.
    fn output(&self) -> &[u8] {
        match &self.protocol {
            Protocol::Socks5(socks) => socks.output(),
            Protocol::Connect(connect) => connect.output(),
        }
    }

    /// Takes bytes of the answer: how many, at least 1 of those there are.
    fn feed(&mut self, bytes: &[u8]) -> Result<usize, ProxyError> {
        match &mut self.protocol {
            Protocol::Socks5(socks) => socks.feed(bytes),
            Protocol::Connect(connect) => connect.feed(bytes),
        }
    }

    fn is_done(&self) -> bool {
        match &self.protocol {
            Protocol::Socks5(socks) => socks.is_done(),
            Protocol::Connect(connect) => connect.is_done(),
        }
    }
}

fn io_read(stream: &mut TcpStream, into: &mut [u8]) -> std::io::Result<usize> {
    std::io::Read::read(stream, into)
}

fn io_write(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<usize> {
    std::io::Write::write(stream, bytes)
}
