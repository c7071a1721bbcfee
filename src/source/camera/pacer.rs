//! Which of a camera's pictures a tick of the output shows.
//!
//! A camera and the output may have the same rate, but never the same clock: for
//! minutes pictures come now just before a tick, now just after it. The newest at each
//! tick would be some twice and others not at all. So the newest waits for the next tick
//! where two have come, and is there when none has.

/// The picture that a tick shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    /// The newest there is.
    Newest,
    /// The one that came before it.
    Before,
}

/// Counts what has come and what was shown of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pacer {
    /// Pictures that had come when the one that is shown did, with it.
    shown: u64,
    /// Ticks in a row at which the one that waits was not needed.
    unneeded: u32,
    /// Ticks that had nothing new to show.
    pub repeated: u64,
    /// Pictures that were never shown.
    pub skipped: u64,
}

impl Pacer {
    /// Ticks after which waiting has cost its time for nothing: some seconds.
    const PATIENCE: u32 = 150;

    /// What to show when so many pictures have come in all.
    pub fn tick(&mut self, arrived: u64) -> Pick {
        let new = arrived.saturating_sub(self.shown);
        self.unneeded = if new >= 2 { self.unneeded + 1 } else { 0 };
        let waits = new >= 2 && self.unneeded < Self::PATIENCE;
        match new {
            0 if arrived > 0 => self.repeated += 1,
            0 => {}
            new => self.skipped += new - 1 - u64::from(waits),
        }
        self.shown = arrived - u64::from(waits);
        if !waits {
            self.unneeded = 0;
        }
        if waits { Pick::Before } else { Pick::Newest }
    }

    /// Nobody looks, and what has come is past.
    pub fn idle(&mut self, arrived: u64) {
        (self.shown, self.unneeded) = (arrived, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A camera of so many pictures a second with so many ms of jitter each way, and the
    /// output's 30 ticks a second, for some seconds: repeated, skipped, and the mean
    /// number of pictures that what is shown is behind the newest.
    fn run(fps: f64, jitter_ms: f64, seconds: u32) -> (u64, u64, f64) {
        let (mut pacer, mut seed) = (Pacer::default(), 1_u64);
        let mut random = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as f64 / f64::from(1_u32 << 31) * 2.0 - 1.0
        };
        let (mut arrived, mut behind) = (0, 0);
        let mut next = 0.0;
        for tick in 1..=seconds * 30 {
            let now = f64::from(tick) * 1e3 / 30.0;
            while next <= now {
                arrived += 1;
                next = (arrived as f64 + 1.0) * 1e3 / fps + random() * jitter_ms;
            }
            behind += u64::from(pacer.tick(arrived) == Pick::Before);
        }
        (pacer.repeated, pacer.skipped, behind as f64 / f64::from(seconds * 30))
    }

    #[test]
    fn pictures_that_come_about_when_they_are_due_are_shown_once_each() {
        let (repeated, skipped, _) = run(30.0, 4.0, 600);
        assert!(repeated <= 3 && skipped <= 3, "{repeated} {skipped}");
        // The newest at each tick would be several thousand of both.
        let (repeated, skipped, behind) = run(30.003, 4.0, 600);
        assert!(repeated <= 12 && skipped <= 14, "{repeated} {skipped}");
        assert!(behind < 0.7, "{behind}");
    }

    #[test]
    fn nothing_waits_where_it_need_not() {
        for fps in [10.0, 15.0, 25.0] {
            let (_, skipped, behind) = run(fps, 2.0, 100);
            assert!(skipped == 0 && behind < 0.01, "{fps}: {skipped} {behind}");
        }
        let mut pacer = Pacer::default();
        let picks: Vec<Pick> = (2..400).map(|arrived| pacer.tick(arrived)).collect();
        let waits = picks.iter().filter(|pick| **pick == Pick::Before).count();
        assert_eq!(waits, Pacer::PATIENCE as usize - 1, "after one hiccup, and no longer");
    }

    #[test]
    fn all_is_counted() {
        let mut pacer = Pacer::default();
        assert_eq!(pacer.tick(0), Pick::Newest);
        assert_eq!(pacer.repeated, 0, "nothing has come yet");
        assert_eq!([1, 1, 4, 4, 4].map(|n| pacer.tick(n)), {
            use Pick::{Before, Newest};
            [Newest, Newest, Before, Newest, Newest]
        });
        assert_eq!((pacer.repeated, pacer.skipped), (2, 1));
        pacer.idle(50);
        assert_eq!((pacer.tick(51), pacer.skipped), (Pick::Newest, 1));
    }
}
