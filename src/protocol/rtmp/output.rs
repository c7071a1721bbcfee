//! Bytes that a session wants sent, until the socket has taken them.
//!
//! Chunk headers, commands and short payloads are written into one buffer. Long
//! payloads are not copied: they are lent from where they lie, shared with the send
//! queue and with other destinations or players, with the one header that all their
//! further chunks have between their pieces, and the socket takes all of it by a
//! vectored write.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::Bytes;

use super::chunk::{ChunkWriter, Cut, MessageHeader, WriteError};
use super::message::{ProtocolControl, UserControl};

/// Bytes kept before they are moved to the front of the buffer.
const COMPACT_ABOVE: usize = 64 << 10;

/// A buffer this large is given back once it is empty.
const KEEP_CAPACITY: usize = 1 << 20;

/// How many bytes of answers may wait. No honest peer asks this much without
/// taking the answers.
const MAX_ANSWERS: usize = 64 << 10;

/// Shorter payloads are copied: that costs less than keeping track of them.
const LEND_FROM: usize = 2 << 10;

/// The chunk writer and what it wrote.
#[derive(Debug, Default)]
pub(super) struct Output {
    writer: ChunkWriter,
    /// What is not lent.
    bytes: Vec<u8>,
    /// Bytes at the front of these that the socket has taken.
    taken: usize,
    /// What is lent, in order.
    loans: VecDeque<Loan>,
    /// Bytes lent and not taken, chunk headers among them.
    lent: usize,
    /// Bytes of answers written since the buffer was empty.
    answers: usize,
}

/// A payload that is lent, in chunks.
#[derive(Debug)]
struct Loan {
    /// How many of the bytes that are not lent come before it.
    after: usize,
    payload: Bytes,
    cut: Cut,
    /// Bytes of payload in the first chunk, and in each further one.
    chunks: (usize, usize),
    /// Bytes with all chunk headers but the first, and how many of them were taken.
    len: usize,
    taken: usize,
}

impl Loan {
    fn new(after: usize, payload: Bytes, cut: Cut, chunks: (usize, usize)) -> Self {
        let further = payload.len().saturating_sub(chunks.0).div_ceil(chunks.1);
        let len = payload.len() + further * cut.next_header().len();
        Self { after, payload, cut, chunks, len, taken: 0 }
    }

    fn left(&self) -> usize {
        self.len - self.taken
    }

    /// What is left of it, piece by piece.
    #[inline]
    fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let (first, further) = self.chunks;
        let next_header = self.cut.next_header();
        let (mut header, mut payload, mut room) = (&[][..], &self.payload[..], first);
        if let Some(behind) = self.taken.checked_sub(first) {
            let (chunks, within) =
                (behind / (next_header.len() + further), behind % (next_header.len() + further));
            let of_payload = within.saturating_sub(next_header.len());
            header = &next_header[within.min(next_header.len())..];
            payload = &self.payload[first + chunks * further + of_payload..];
            room = further - of_payload;
        } else {
            payload = &payload[self.taken..];
            room -= self.taken;
        }
        std::iter::from_fn(move || {
            if payload.is_empty() {
                return None;
            }
            if !header.is_empty() {
                return Some(std::mem::take(&mut header));
            }
            let piece;
            (piece, payload) = payload.split_at(room.min(payload.len()));
            (header, room) = (next_header, further);
            Some(piece)
        })
    }
}

impl Output {
    /// The first of what the socket has not taken yet, in one piece. Empty when
    /// nothing is left; more may follow once it is taken.
    pub fn pending(&self) -> &[u8] {
        match self.loans.front() {
            Some(loan) if loan.after == self.taken => loan.pieces().next().unwrap_or_default(),
            Some(loan) => &self.bytes[self.taken..loan.after],
            None => &self.bytes[self.taken..],
        }
    }

    /// All that the socket has not taken yet, in bytes.
    pub fn pending_bytes(&self) -> usize {
        self.bytes.len() - self.taken + self.lent
    }

    /// Memory held for what is not lent, in bytes.
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Puts the first pieces of what the socket has not taken yet into `slices`:
    /// how many.
    pub fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut count = 0;
        let mut add = |piece: &'a [u8]| match slices.get_mut(count) {
            _ if piece.is_empty() => true,
            Some(slot) => {
                *slot = IoSlice::new(piece);
                count += 1;
                true
            }
            None => false,
        };
        let mut from = self.taken;
        for loan in &self.loans {
            if !add(&self.bytes[from..loan.after]) || !loan.pieces().all(&mut add) {
                return count;
            }
            from = loan.after;
        }
        add(&self.bytes[from..]);
        count
    }

    /// The socket has taken `count` bytes.
    pub fn consume(&mut self, mut count: usize) {
        if count >= self.pending_bytes() {
            return self.clear();
        }
        while let Some(loan) = self.loans.front_mut() {
            let before = count.min(loan.after - self.taken);
            (self.taken, count) = (self.taken + before, count - before);
            let lent = count.min(loan.left());
            (loan.taken, count) = (loan.taken + lent, count - lent);
            self.lent -= lent;
            if loan.left() > 0 {
                return self.compact();
            }
            self.loans.pop_front();
        }
        self.taken += count;
        self.compact();
    }

    /// Gives back what was taken once that is most of the buffer: one that is never
    /// empty, as a busy session's, would grow without end otherwise.
    fn compact(&mut self) {
        if self.taken > COMPACT_ABOVE && self.taken > self.bytes.len() / 2 {
            self.bytes.drain(..self.taken);
            for loan in &mut self.loans {
                loan.after -= self.taken;
            }
            self.taken = 0;
        }
    }

    /// Forgets what was not taken.
    pub fn clear(&mut self) {
        self.bytes.clear();
        if self.bytes.capacity() > KEEP_CAPACITY {
            self.bytes = Vec::new();
        }
        self.loans.clear();
        (self.taken, self.lent, self.answers) = (0, 0, 0);
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

    /// A message whose payload is `prefix` and `payload`, the latter lent if it is
    /// long.
    pub fn media(
        &mut self,
        header: &MessageHeader,
        prefix: &[u8],
        payload: &Bytes,
    ) -> Result<(), WriteError> {
        let chunk_size = self.writer.chunk_size() as usize;
        if payload.len() < LEND_FROM || chunk_size < LEND_FROM {
            return self.message(header, &[prefix, payload]);
        }
        let cut = self.writer.cut(header, prefix.len() + payload.len())?;
        self.bytes.extend_from_slice(cut.first_header());
        self.bytes.extend_from_slice(prefix);
        let chunks = (chunk_size - prefix.len(), chunk_size);
        let loan = Loan::new(self.bytes.len(), payload.clone(), cut, chunks);
        self.lent += loan.len;
        self.loans.push_back(loan);
        Ok(())
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
    use crate::protocol::rtmp::message::MessageType;

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

    fn header(timestamp: u32) -> MessageHeader {
        MessageHeader {
            chunk_stream_id: 6,
            timestamp,
            message_type: MessageType::VIDEO,
            message_stream_id: 1,
        }
    }

    /// Messages with lent and copied payloads and answers between them; the same,
    /// all copied.
    fn mixed() -> (Output, Vec<u8>) {
        let (mut out, mut copied) = (Output::default(), Output::default());
        for out in [&mut out, &mut copied] {
            out.control(ProtocolControl::SetChunkSize(4_096)).unwrap();
        }
        let payload = Bytes::from((0..300_000_u32).map(|i| (i % 253) as u8).collect::<Vec<_>>());
        for (index, length) in
            [10, 2_047, 2_048, 4_091, 4_092, 8_187, 100_000, 300_000, 5].into_iter().enumerate()
        {
            // Those after a jump have an extended timestamp in each chunk.
            let index = index as u32;
            let header = header(33 * index + index / 3 * 0x0100_0000);
            let payload = payload.slice(..length);
            out.media(&header, &[0x17, 1, 0, 0, 0], &payload).unwrap();
            copied.message(&header, &[&[0x17, 1, 0, 0, 0], &payload]).unwrap();
            for out in [&mut out, &mut copied] {
                out.user_control(&UserControl::PingResponse { timestamp: 7 }).unwrap();
            }
        }
        (out, copied.bytes)
    }

    #[test]
    fn lent_payloads_leave_as_copied_ones_do() {
        for step in [3, 97, 1_000, 4_096, 70_000, usize::MAX] {
            let (mut out, right) = mixed();
            assert_eq!(out.pending_bytes(), right.len());
            let mut sent = Vec::new();
            while !out.pending().is_empty() {
                let mut slices = [IoSlice::new(&[]); 5];
                let count = out.slices(&mut slices);
                assert_eq!(&slices[0][..], out.pending());
                let all: Vec<u8> =
                    slices[..count].iter().flat_map(|slice| slice.to_vec()).collect();
                let taken = all.len().min(step);
                sent.extend_from_slice(&all[..taken]);
                out.consume(taken);
                assert_eq!(out.pending_bytes(), right.len() - sent.len());
            }
            assert!(sent == right, "{step} at a time");
            assert_eq!((out.lent, out.loans.len(), out.bytes.len()), (0, 0, 0));
        }
    }

    /// A session that is busy always has something left, lent or not.
    #[test]
    fn a_buffer_that_is_never_empty_does_not_grow() {
        let mut out = Output::default();
        out.control(ProtocolControl::SetChunkSize(4_096)).unwrap();
        let (short, long) = (Bytes::from(vec![1; 2_000]), Bytes::from(vec![2; 10_000]));
        for index in 0..2_000_u32 {
            out.media(&header(index), &[], &short).unwrap();
            out.media(&header(index), &[], &long).unwrap();
            while out.pending_bytes() > 5_000 {
                out.consume(1_000);
            }
            assert!(out.bytes.len() < 3 * COMPACT_ABOVE, "{}", out.bytes.len());
        }
    }

    #[test]
    fn what_is_forgotten_is_given_back() {
        let (mut out, _) = mixed();
        out.clear();
        assert_eq!((out.pending_bytes(), out.loans.len()), (0, 0));
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
