//! RTMP's acknowledgements: sequence numbers as servers really send them.
//!
//! A sequence number is the total of bytes received, in 32 bits (RTMP 1.0
//! §5.4.3). Where the count starts and how it wraps differs: some servers count
//! the handshake, some start again at 0 short of the end, some wrap at 31 bits.
//! So only differences are used, and never more than was really sent.

use std::collections::VecDeque;
use std::time::Duration;

use crate::media::MediaTime;

/// What was sent when, and what of it was acknowledged.
#[derive(Debug, Default)]
pub(super) struct Acks {
    /// Totals sent and when, oldest first, not yet acknowledged.
    marks: VecDeque<(u64, MediaTime)>,
    sent: u64,
    acked: u64,
    /// The last sequence number.
    sequence: Option<u32>,
    /// Bytes between the last two acknowledgements.
    step: Option<u64>,
    /// When the last acknowledgement came.
    last: Option<MediaTime>,
    kbps: Option<f64>,
    round_trip: Option<Duration>,
}

impl Acks {
    /// Marks kept at most.
    const MARKS: usize = 500;

    /// Bytes from one mark to the next at least.
    const SPACING: u64 = 4_096;

    /// So many bytes have been sent in all.
    pub(super) fn sent(&mut self, now: MediaTime, total: u64) {
        self.sent = self.sent.max(total);
        let newest = self.marks.back().map_or(self.acked, |(at, _)| *at);
        if self.sent < newest + Self::SPACING {
            return;
        }
        if self.marks.len() == Self::MARKS {
            self.thin_out();
        }
        self.marks.push_back((self.sent, now));
    }

    /// An acknowledgement came.
    pub(super) fn acknowledged(&mut self, now: MediaTime, sequence: u32) {
        let step = self.advance(sequence);
        self.sequence = Some(sequence);
        if step == 0 {
            return;
        }
        self.acked += step;
        if let Some(last) = self.last.replace(now) {
            let seconds = now.since(last).as_secs_f64().max(0.001);
            self.kbps = Some(step as f64 * 8.0 / seconds / 1_000.0);
            self.step = Some(step);
        }
        while let Some((at, when)) = self.marks.front().copied() {
            if at > self.acked {
                break;
            }
            self.marks.pop_front();
            self.round_trip = Some(now.since(when));
        }
    }

    /// Bytes acknowledged in all.
    pub(super) fn acked(&self) -> u64 {
        self.acked
    }

    /// Bytes not acknowledged; `None` of a server that never acknowledged.
    pub(super) fn unacked(&self) -> Option<u64> {
        self.sequence.map(|_| self.sent - self.acked)
    }

    /// Rate between the last two acknowledgements, in kbit/s.
    pub(super) fn kbps(&self) -> Option<f64> {
        self.kbps
    }

    /// The last round-trip time, or the age of an acknowledgement that is due,
    /// if that is more.
    pub(super) fn round_trip(&self, now: MediaTime) -> Option<Duration> {
        self.round_trip.map(|rtt| rtt.max(self.overdue(now)))
    }

    /// How long ago the bytes were sent that should have brought the next
    /// acknowledgement.
    pub(super) fn overdue(&self, now: MediaTime) -> Duration {
        let Some(step) = self.step else { return Duration::ZERO };
        // Servers look at their count once a message.
        let due = self.acked + step + step / 4;
        let mark = self.marks.iter().find(|(at, _)| *at >= due);
        mark.map_or(Duration::ZERO, |(_, when)| now.since(*when))
    }

    #[cfg(test)]
    pub(super) fn marks_len(&self) -> usize {
        self.marks.len()
    }

    /// Bytes that a sequence number adds.
    fn advance(&self, sequence: u32) -> u64 {
        let outstanding = self.sent - self.acked;
        let Some(last) = self.sequence else {
            return u64::from(sequence).min(outstanding);
        };
        if sequence >= last {
            return u64::from(sequence - last).min(outstanding);
        }
        let full = (1_u64 << 32) + u64::from(sequence) - u64::from(last);
        let half = (full).checked_sub(1 << 31).filter(|_| last < 1 << 31);
        let again = u64::from(sequence);
        [Some(full), half, Some(again)]
            .into_iter()
            .flatten()
            .find(|step| *step <= outstanding)
            .unwrap_or(outstanding)
    }

    /// Lets go of every other mark: coarser times, bounded memory.
    fn thin_out(&mut self) {
        let mut keep = false;
        self.marks.retain(|_| {
            keep = !keep;
            keep
        });
    }
}
