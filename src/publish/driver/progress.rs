//! How fast bytes leave.

use std::collections::VecDeque;
use std::time::Duration;

use crate::media::MediaTime;

/// Bits that left in the last second.
#[derive(Debug, Default)]
pub struct Throughput {
    marks: VecDeque<(MediaTime, u64)>,
}

impl Throughput {
    const WINDOW: Duration = Duration::from_secs(1);
    /// Readings closer together than this tell nothing new.
    const STEP: Duration = Duration::from_millis(50);

    /// Takes a reading of all bytes so far; kbit/s over the last second.
    pub fn kbps(&mut self, now: MediaTime, bytes: u64) -> f64 {
        if self.marks.back().is_none_or(|(at, _)| now.since(*at) >= Self::STEP) {
            self.marks.push_back((now, bytes));
        }
        while self.marks.len() > 2 && now.since(self.marks[1].0) >= Self::WINDOW {
            self.marks.pop_front();
        }
        let Some(&(then, before)) = self.marks.front() else { return 0.0 };
        let seconds = now.since(then).as_secs_f64();
        if seconds < 0.1 { 0.0 } else { bytes.saturating_sub(before) as f64 * 0.008 / seconds }
    }
}
