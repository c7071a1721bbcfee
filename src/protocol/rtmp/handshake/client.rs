//! The side that connects.

use super::digest::{self, Schema, Signer};
use super::{HandshakeError, Packet, RANDOM_SIZE, VERSION, first_packet, unexpected_version};

/// The version that a client with a digest claims: Flash Player 9.0.124.2.
const DIGEST_VERSION: [u8; 4] = [9, 0, 124, 2];

/// Which handshake the client starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientForm {
    /// That of the standard, which every server takes.
    #[default]
    Simple,
    /// With a digest, for servers that want to see one.
    Digest,
}

/// Opens a connection to a server: C0 and C1, then C2 as soon as S1 is there, and
/// done when S2 is there.
#[derive(Debug)]
pub struct ClientHandshake {
    form: ClientForm,
    random: Box<[u8; RANDOM_SIZE]>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Waits for S0.
    Version,
    /// Waits for the rest of S1.
    First(Packet),
    /// Waits for the rest of S2, which is not looked at.
    Second(Packet),
    Done,
}

impl ClientHandshake {
    /// Starts a handshake and appends C0 and C1 to `out`. `time_ms` may be zero;
    /// `random` should be random, but nothing depends on it.
    pub fn new(
        form: ClientForm,
        time_ms: u32,
        random: &[u8; RANDOM_SIZE],
        out: &mut Vec<u8>,
    ) -> Self {
        out.push(VERSION);
        out.extend_from_slice(&match form {
            ClientForm::Simple => first_packet(time_ms, [0; 4], random),
            ClientForm::Digest => {
                let mut packet = first_packet(time_ms, DIGEST_VERSION, random);
                digest::sign(&mut packet, Schema::One, Signer::Client);
                packet
            }
        });
        Self { form, random: Box::new(*random), state: State::Version }
    }

    /// Takes bytes of the server from the front of `input`, up to the end of the
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
                    answer(self.form, first, &self.random, out);
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

    fn take_version(&mut self, input: &mut &[u8]) -> Result<(), HandshakeError> {
        if let [first_byte, rest @ ..] = *input {
            if *first_byte != VERSION {
                return Err(unexpected_version(*first_byte));
            }
            *input = rest;
            self.state = State::First(Packet::new());
        }
        Ok(())
    }
}

/// C2 is S1 as it came, as all publishers do it; or the answer to S1's digest,
/// where we started with one and the server has one too.
fn answer(form: ClientForm, s1: &Packet, random: &[u8; RANDOM_SIZE], out: &mut Vec<u8>) {
    let found = match form {
        ClientForm::Simple => None,
        ClientForm::Digest => digest::find(&s1.bytes, Signer::Server),
    };
    match found {
        Some((_, digest)) => {
            out.extend_from_slice(&digest::answer(&digest, Signer::Client, random));
        }
        None => out.extend_from_slice(&s1.bytes[..]),
    }
}
