//! Links that carry in lumps.
//!
//! A relay whose buffer is full, or a receiver that speaks of new room only when
//! there is much of it, lets nothing through for a while and then a lot at once. A
//! rate taken within a pause is far too low, one taken within a lump too high; the
//! rate from one lump's start to another's is right, and so is that of a pause with
//! the lump that ends it.

use std::collections::VecDeque;
use std::time::Duration;

use crate::media::MediaTime;

/// Remembers the last lumps.
#[derive(Debug)]
pub(super) struct Lumps {
    /// When something arrived last, and the bytes arrived until then.
    progress: (MediaTime, u64),
    /// Something waited to be sent at the last look.
    waiting: bool,
    /// When the last lumps began, and the bytes that had arrived before.
    starts: VecDeque<(MediaTime, u64)>,
    /// When the pause before the last one began.
    pause: MediaTime,
}

impl Lumps {
    /// Shortest time without progress between two lumps.
    const PAUSE: Duration = Duration::from_millis(100);
    /// Starts that are remembered.
    const STARTS: usize = 3;
    /// Lumps further apart than this are none: the link has stood still.
    const APART: Duration = Duration::from_millis(1_500);
    /// What is still taken for the lump itself.
    const LUMP: Duration = Duration::from_millis(400);

    pub fn new(now: MediaTime) -> Self {
        Self { progress: (now, 0), waiting: false, starts: VecDeque::new(), pause: now }
    }

    /// So many bytes have arrived in all, and whether something waits.
    pub fn look(&mut self, now: MediaTime, arrived: u64, waiting: bool) {
        let (last, before) = self.progress;
        if arrived > before {
            if self.waiting && now.since(last) >= Self::PAUSE {
                self.pause = last;
                self.begin(now, before);
            }
            self.progress = (now, arrived);
        }
        self.waiting = waiting;
    }

    fn begin(&mut self, now: MediaTime, before: u64) {
        if self.starts.back().is_some_and(|(last, _)| now.since(*last) > Self::APART) {
            self.starts.clear();
        }
        if self.starts.len() == Self::STARTS {
            self.starts.pop_front();
        }
        self.starts.push_back((now, before));
    }

    /// What the link carries, in kbit/s, while it does so in lumps and the next one
    /// is not overdue.
    pub fn kbps(&self, now: MediaTime) -> Option<f64> {
        let several = self.of_several(now);
        let last = self.of_the_last(now);
        several.into_iter().chain(last).reduce(f64::max)
    }

    fn of_several(&self, now: MediaTime) -> Option<f64> {
        let (&(first, before), &(last, until)) = (self.starts.front()?, self.starts.back()?);
        let pauses = u32::try_from(self.starts.len() - 1).ok().filter(|pauses| *pauses > 0)?;
        let length = last.since(first);
        let due = length / pauses * 3 / 2;
        (now.since(last) <= due).then(|| rate(until - before, length))
    }

    fn of_the_last(&self, now: MediaTime) -> Option<f64> {
        let &(begun, before) = self.starts.back()?;
        let (progress, arrived) = self.progress;
        (now.since(begun) <= Self::LUMP).then(|| rate(arrived - before, progress.since(self.pause)))
    }
}

fn rate(bytes: u64, time: Duration) -> f64 {
    bytes as f64 * 0.008 / time.as_secs_f64().max(0.001)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks each 50 ms at 64 KiB that arrive each half second; what is said after
    /// each.
    fn in_lumps(seconds: i64) -> (Lumps, Vec<Option<f64>>) {
        let mut lumps = Lumps::new(MediaTime::ZERO);
        let said = (1..seconds * 20).map(|look| {
            let now = MediaTime::from_millis(look * 50);
            lumps.look(now, (look / 10) as u64 * 65_536, true);
            lumps.kbps(now)
        });
        let said = said.collect();
        (lumps, said)
    }

    #[test]
    fn the_rate_is_that_of_lumps_and_pauses() {
        let (_, said) = in_lumps(4);
        assert!(said[..9].iter().all(Option::is_none), "nothing has come yet");
        let right = 65_536.0 * 0.008 / 0.5;
        let is_right = |kbps: &Option<f64>| (kbps.unwrap_or(0.0) - right).abs() < 1.0;
        assert!(said[9..15].iter().all(is_right), "a pause and its lump say it");
        assert!(said[19..].iter().all(is_right));
    }

    #[test]
    fn a_lump_that_is_overdue_ends_it() {
        let (lumps, _) = in_lumps(3);
        let last = MediaTime::from_millis(2_500);
        assert!(lumps.kbps(last + Duration::from_millis(750)).is_some());
        assert_eq!(lumps.kbps(last + Duration::from_millis(751)), None);
    }

    #[test]
    fn nothing_to_send_makes_no_lumps() {
        let mut lumps = Lumps::new(MediaTime::ZERO);
        for look in 1..100 {
            lumps.look(MediaTime::from_millis(look * 200), look as u64 * 5_000, false);
        }
        assert_eq!(lumps.kbps(MediaTime::from_millis(19_800)), None);
    }

    #[test]
    fn steady_progress_makes_no_lumps() {
        let mut lumps = Lumps::new(MediaTime::ZERO);
        for look in 1..100 {
            lumps.look(MediaTime::from_millis(look * 50), look as u64 * 5_000, true);
        }
        assert_eq!(lumps.kbps(MediaTime::from_millis(4_950)), None);
    }
}
