//! What RTMP's acknowledgements (RTMP 1.0 §5.4.3) tell about time and rate.
//!
//! How servers count is the session's business; here come the bytes that each
//! acknowledgement adds.

use std::time::Duration;

use super::marks::Marks;
use crate::media::MediaTime;

/// What was sent when, and what of it was acknowledged.
#[derive(Debug, Default)]
pub(super) struct Acks {
    marks: Marks,
    sent: u64,
    acked: u64,
    /// Bytes between the last two acknowledgements.
    step: Option<u64>,
    /// When the last acknowledgement came.
    last: Option<MediaTime>,
    /// Time between the last two acknowledgements.
    interval: Option<Duration>,
    /// Round-trip times of the last acknowledgement and the one before.
    round_trips: [Option<Duration>; 2],
}

impl Acks {
    /// An acknowledgement tells about now for so long.
    const FRESH: Duration = Duration::from_millis(500);

    /// So many bytes have been sent in all.
    pub(super) fn sent(&mut self, now: MediaTime, total: u64) {
        self.sent = self.sent.max(total);
        self.marks.sent(now, self.sent);
    }

    /// So many bytes more have arrived.
    pub(super) fn acknowledged(&mut self, now: MediaTime, bytes: u64) {
        let step = bytes.min(self.sent - self.acked);
        if step == 0 {
            return;
        }
        self.acked += step;
        if let Some(last) = self.last.replace(now) {
            self.interval = Some(now.since(last));
            self.step = Some(step);
        }
        let [last, _] = self.round_trips;
        let sent = self.marks.passed(self.acked);
        self.round_trips = [sent.map(|when| now.since(when)).or(last), last];
    }

    /// Bytes acknowledged in all.
    pub(super) fn acked(&self) -> u64 {
        self.acked
    }

    /// Bytes not acknowledged; `None` of a server that never acknowledged.
    pub(super) fn unacked(&self) -> Option<u64> {
        self.last.map(|_| self.sent - self.acked)
    }

    /// What gets through at most, in kbit/s, if the time between acknowledgements
    /// tells: while they come late, by more than `late` over what is normal.
    /// Otherwise it says how much there was to send.
    pub(super) fn kbps(&self, now: MediaTime, late: Duration) -> Option<f64> {
        let rate = |time: Duration| Some(self.step? as f64 / 125.0 / time.as_secs_f64().max(0.001));
        if self.overdue(now) >= late {
            return rate(now.since(self.last?));
        }
        let both = self.round_trips.iter().all(|rtt| rtt.is_some_and(|rtt| rtt >= late));
        // In a long time there may have been a pause.
        let interval = self.interval.filter(|time| *time <= Duration::from_secs(1))?;
        (both && self.is_fresh(now)).then(|| rate(interval)).flatten()
    }

    /// The last round-trip time.
    pub(super) fn round_trip(&self) -> Option<Duration> {
        self.round_trips[0]
    }

    /// The round-trip time just now, as far as it is known: the last one if it is
    /// no old news, or the age of an acknowledgement that is due.
    pub(super) fn round_trip_now(&self, now: MediaTime) -> Option<Duration> {
        let fresh = self.round_trips[0].filter(|_| self.is_fresh(now));
        fresh.max(Some(self.overdue(now)).filter(|age| !age.is_zero()))
    }

    fn is_fresh(&self, now: MediaTime) -> bool {
        self.last.is_some_and(|last| now.since(last) <= Self::FRESH)
    }

    /// How long ago the bytes were sent that should have brought the next
    /// acknowledgement.
    pub(super) fn overdue(&self, now: MediaTime) -> Duration {
        let Some(step) = self.step else { return Duration::ZERO };
        // Servers look at their count once a message.
        let due = self.acked + step + step / 4;
        self.marks.sent_after(due).map_or(Duration::ZERO, |when| now.since(when))
    }

    #[cfg(test)]
    pub(super) fn marks_len(&self) -> usize {
        self.marks.len()
    }
}
