//! Bytes that a session wants sent, until the socket has taken them.

use super::chunk::{ChunkWriter, MessageHeader, WriteError};
use super::message::{ProtocolControl, UserControl};

/// Bytes kept before they are moved to the front of the buffer.
const COMPACT_ABOVE: usize = 64 << 10;

/// A buffer this large is given back once it is empty.
const KEEP_CAPACITY: usize = 1 << 20;

/// How many bytes of answers may wait. No honest peer asks this much without
/// taking the answers.
const MAX_ANSWERS: usize = 64 << 10;

/// The chunk writer and what it wrote.
#[derive(Debug, Default)]
pub(super) struct Output {
    writer: ChunkWriter,
    bytes: Vec<u8>,
    /// Bytes at the front that the socket has taken.
    taken: usize,
    /// Bytes of answers written since the buffer was empty.
    answers: usize,
}

impl Output {
    /// What the socket has not taken yet.
    pub fn pending(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }

    /// The socket has taken `count` bytes.
    pub fn consume(&mut self, count: usize) {
        self.taken = self.bytes.len().min(self.taken + count);
        if self.taken == self.bytes.len() {
            self.clear();
        } else if self.taken > COMPACT_ABOVE && self.taken > self.bytes.len() / 2 {
            self.bytes.drain(..self.taken);
            self.taken = 0;
        }
    }

    /// Forgets what was not taken.
    pub fn clear(&mut self) {
        self.bytes.clear();
        if self.bytes.capacity() > KEEP_CAPACITY {
            self.bytes = Vec::new();
        }
        (self.taken, self.answers) = (0, 0);
    }

    /// For the handshake, which is not cut into chunks.
    pub fn raw(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Whether the peer has asked for more than it takes.
    pub fn is_flooded(&self) -> bool {
        self.answers > MAX_ANSWERS
    }

    /// Where the next byte goes, for [`count_answer`](Self::count_answer).
    pub fn position(&self) -> usize {
        self.bytes.len()
    }

    /// What was written since `position` was an answer to the peer.
    pub fn count_answer(&mut self, position: usize) {
        self.answers += self.bytes.len().saturating_sub(position);
    }

    pub fn message(&mut self, header: &MessageHeader, parts: &[&[u8]]) -> Result<(), WriteError> {
        self.writer.write(header, parts, &mut self.bytes)
    }

    pub fn control(&mut self, control: ProtocolControl) -> Result<(), WriteError> {
        self.writer.write_control(&control, &mut self.bytes)
    }

    pub fn user_control(&mut self, event: &UserControl) -> Result<(), WriteError> {
        self.writer.write_user_control(event, &mut self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_leave_in_order() {
        let mut out = Output::default();
        let sent: Vec<u8> = (0..200_000_u32).map(|i| (i % 251) as u8).collect();
        out.raw().extend(&sent);
        let mut taken = Vec::new();
        while !out.pending().is_empty() {
            let count = out.pending().len().min(7_001);
            taken.extend_from_slice(&out.pending()[..count]);
            out.consume(count);
        }
        assert!(taken == sent);
        out.consume(10);
        assert!(out.pending().is_empty());
    }

    #[test]
    fn answers_that_nobody_takes_are_a_flood() {
        let mut out = Output::default();
        let ping = UserControl::PingResponse { timestamp: 1 };
        while !out.is_flooded() {
            let before = out.position();
            out.user_control(&ping).unwrap();
            out.count_answer(before);
        }
        assert!(out.pending().len() < MAX_ANSWERS + 100);
        out.consume(usize::MAX >> 1);
        assert!(!out.is_flooded());
    }
}
