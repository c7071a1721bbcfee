//! How often a part that died is started again.

use std::time::Duration;

use crate::media::MediaTime;

/// Starts again within a minute.
const MOST: usize = 3;
const WITHIN: Duration = Duration::from_secs(60);

/// When one part was started again. A part that dies more often is no accident: it is
/// left alone until the minute is over.
#[derive(Clone, Copy, Debug, Default)]
pub struct Restarts([Option<MediaTime>; MOST]);

impl Restarts {
    /// Whether the part may be started again now, which counts.
    pub fn allows(&mut self, now: MediaTime) -> bool {
        let is_free = |at: &&mut Option<MediaTime>| at.is_none_or(|at| now.since(at) >= WITHIN);
        match self.0.iter_mut().find(is_free) {
            Some(place) => {
                *place = Some(now);
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_in_a_minute_are_allowed() {
        let mut restarts = Restarts::default();
        let allowed = [0, 1, 20, 21, 59, 60, 61, 62, 80, 121].map(|seconds| {
            let now = MediaTime::from_millis(seconds * 1_000);
            restarts.allows(now)
        });
        assert_eq!(allowed, [true, true, true, false, false, true, true, false, true, true]);
    }
}
