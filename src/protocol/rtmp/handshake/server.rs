//! The side that is connected to.

use super::digest::{self, Signer};
use super::{
    HandshakeError, PACKET_SIZE, Packet, RANDOM_SIZE, VERSION, first_packet, unexpected_version,
};

/// The version that a server with a digest claims. Players look only at its first
/// number, which must be 3 or more.
const DIGEST_VERSION: [u8; 4] = [3, 5, 1, 1];

/// Answers a client: S0, S1 and S2 as soon as C1 is there, and done when C2 is
/// there. A client with a digest gets one; all others get the simple form.
#[derive(Debug)]
pub struct ServerHandshake {
    time_ms: u32,
    random: Box<[u8; RANDOM_SIZE]>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Waits for C0.
    Version,
    /// Waits for the rest of C1.
    First(Packet),
    /// Waits for the rest of C2, which is not looked at.
    Second(Packet),
    Done,
}

impl ServerHandshake {
    /// Waits for a client. `time_ms` may be zero; `random` should be random, but
    /// nothing depends on it.
    pub fn new(time_ms: u32, random: &[u8; RANDOM_SIZE]) -> Self {
        Self { time_ms, random: Box::new(*random), state: State::Version }
    }

    /// Takes bytes of the client from the front of `input`, up to the end of the
    /// handshake, and appends the answer to `out`.
    pub fn read(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<(), HandshakeError> {
        while !input.is_empty() && !self.is_done() {
            self.step(input, out)?;
        }
        Ok(())
    }

    /// Whether the next byte belongs to the chunk stream.
    pub fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    fn step(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<(), HandshakeError> {
        match &mut self.state {
            State::Version => self.take_version(input)?,
            State::First(first) => {
                first.fill(input);
                if first.is_full() {
                    answer(&first.bytes, self.time_ms, &self.random, out);
                    self.state = State::Second(Packet::new());
                }
            }
            State::Second(second) => {
                second.fill(input);
                if second.is_full() {
                    self.state = State::Done;
                }
            }
            State::Done => {}
        }
        Ok(())
    }

    /// A version that is only newer or older is answered with ours, and the client
    /// decides (RTMP 1.0 §5.2.2).
    fn take_version(&mut self, input: &mut &[u8]) -> Result<(), HandshakeError> {
        if let [first_byte, rest @ ..] = *input {
            match unexpected_version(*first_byte) {
                HandshakeError::UnsupportedVersion { version: 0..=31 } => {}
                error => return Err(error),
            }
            *input = rest;
            self.state = State::First(Packet::new());
        }
        Ok(())
    }
}

/// S2 is C1 as it came, or the answer to its digest.
fn answer(c1: &[u8; PACKET_SIZE], time_ms: u32, random: &[u8; RANDOM_SIZE], out: &mut Vec<u8>) {
    out.push(VERSION);
    let Some((schema, client_digest)) = digest::find(c1, Signer::Client) else {
        out.extend_from_slice(&first_packet(time_ms, [0; 4], random));
        out.extend_from_slice(c1);
        return;
    };
    let mut s1 = first_packet(time_ms, DIGEST_VERSION, random);
    digest::sign(&mut s1, schema, Signer::Server);
    out.extend_from_slice(&s1);
    out.extend_from_slice(&digest::answer(&client_digest, Signer::Server, random));
}
