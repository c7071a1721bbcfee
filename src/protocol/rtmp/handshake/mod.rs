//! The handshake that opens a connection (RTMP 1.0 §5.2), both sides.
//!
//! Each side sends a version byte and two packets of 1536 bytes. In the *simple*
//! form of the standard the second packet echoes the peer's first. In the *digest*
//! form, which came with Flash Player 9, both carry an HMAC-SHA256 instead. No
//! server wants it for publishing; some players want it of a server.
//!
//! Contract, for either side:
//!
//! 1. Make it with random bytes; the client's constructor writes C0 and C1.
//! 2. Give it bytes as they come. It says how many it took and appends what is to
//!    be sent.
//! 3. When it is done it takes no more: the rest belongs to the chunk stream.
//!
//! Deadlines are the caller's. What a peer echoes is never checked: real servers
//! send back C1 as S1 and anything as S2.

mod client;
mod digest;
mod server;

pub use client::{ClientForm, ClientHandshake};
pub use server::ServerHandshake;

use thiserror::Error;

/// Bytes in each of the packets C1, S1, C2 and S2.
pub const PACKET_SIZE: usize = 1536;

/// Random bytes that a handshake is made with.
pub const RANDOM_SIZE: usize = PACKET_SIZE - 8;

/// Bytes that each side sends in all: the version and two packets.
pub const HANDSHAKE_SIZE: usize = 1 + 2 * PACKET_SIZE;

/// The version of the standard, the only one in the clear.
const VERSION: u8 = 3;

/// Why the peer's first byte is not the start of an RTMP handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HandshakeError {
    /// A TLS record: RTMPS where RTMP is spoken, or an alert about the reverse.
    #[error("the peer speaks TLS (first byte {first_byte:#04x}): this is rtmps, not rtmp")]
    LooksLikeTls {
        /// What came.
        first_byte: u8,
    },
    /// A letter: an HTTP request or answer, or another protocol made of text.
    #[error("the peer speaks a text protocol such as HTTP (first byte {first_byte:#04x})")]
    LooksLikeHttp {
        /// What came.
        first_byte: u8,
    },
    /// RTMPE, whose encryption protects nothing.
    #[error("the peer wants RTMPE (version {version}), which is not supported")]
    Encrypted {
        /// 6, 8 or 9.
        version: u8,
    },
    /// Any other version.
    #[error("RTMP version {version} is not supported")]
    UnsupportedVersion {
        /// What came.
        version: u8,
    },
}

impl HandshakeError {
    /// Where in the connection: only its first byte can be wrong.
    pub fn offset(&self) -> u64 {
        0
    }
}

/// Tells what a first byte other than 3 means. Versions from 32 on are reserved
/// so that text protocols can be told apart (RTMP 1.0 §5.2.2); TLS records start
/// with 20 to 23, a type that no version of RTMP uses (RFC 8446 §5.1).
fn unexpected_version(first_byte: u8) -> HandshakeError {
    match first_byte {
        20..=23 => HandshakeError::LooksLikeTls { first_byte },
        b'A'..=b'Z' | b'a'..=b'z' => HandshakeError::LooksLikeHttp { first_byte },
        6 | 8 | 9 => HandshakeError::Encrypted { version: first_byte },
        version => HandshakeError::UnsupportedVersion { version },
    }
}

/// Gathers the bytes of one packet.
#[derive(Clone, Debug)]
struct Packet {
    bytes: Box<[u8; PACKET_SIZE]>,
    length: usize,
}

impl Packet {
    fn new() -> Self {
        Self { bytes: Box::new([0; PACKET_SIZE]), length: 0 }
    }

    /// Takes what is missing from the front of `input`.
    fn fill(&mut self, input: &mut &[u8]) {
        let (taken, rest) = input.split_at(input.len().min(PACKET_SIZE - self.length));
        self.bytes[self.length..self.length + taken.len()].copy_from_slice(taken);
        self.length += taken.len();
        *input = rest;
    }

    fn is_full(&self) -> bool {
        self.length == PACKET_SIZE
    }
}

/// A first packet: time, version, random bytes (RTMP 1.0 §5.2.3).
fn first_packet(time_ms: u32, version: [u8; 4], random: &[u8; RANDOM_SIZE]) -> [u8; PACKET_SIZE] {
    let mut packet = [0; PACKET_SIZE];
    packet[..4].copy_from_slice(&time_ms.to_be_bytes());
    packet[4..8].copy_from_slice(&version);
    packet[8..].copy_from_slice(random);
    packet
}
