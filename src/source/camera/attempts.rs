//! Which modes of a camera have let us down, so that the next best is tried and
//! not the same for ever.

use super::choose::{Mode, Offer, Wish, choose};
use crate::text::device::delivers;

/// The modes that did not work.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempts {
    /// Modes that are left out.
    failed: Vec<Mode>,
    /// The mode that failed last, and how many times in a row.
    last: Option<(Mode, u32)>,
}

impl Attempts {
    /// So many failures in a row, and a mode is left out; one may be an accident.
    const MOST: u32 = 2;

    /// The best mode that is not left out. When all are, it begins anew.
    pub fn choose(&mut self, offers: &[Offer], wish: &Wish) -> Option<Mode> {
        if let Some(mode) = choose(offers, wish, &self.failed) {
            return Some(mode);
        }
        self.forget();
        choose(offers, wish, &[])
    }

    /// A mode did not open, or gave nothing that could be read.
    pub fn failed(&mut self, mode: Mode) {
        let times = match self.last {
            Some((last, times)) if last == mode => times + 1,
            _ => 1,
        };
        self.last = Some((mode, times));
        if times >= Self::MOST {
            let Mode { format, width, height, rate } = mode;
            let words = delivers::mode(width, height, &format!("{format:?}"), rate);
            tracing::info!(mode = words, "the camera does not work in this mode; trying the next");
            self.failed.push(mode);
            self.last = None;
        }
    }

    /// The camera was pulled out: it may be another matter when it is back.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{FrameRate, Planes};
    use crate::scene::RawFormat;

    #[test]
    fn the_next_best_follows_a_mode_that_fails_twice_and_after_the_last_the_first() {
        let offer = |format, width, height| Offer { format, width, height, rates: Vec::new() };
        let offers = [offer(RawFormat::Yuyv, 64, 36), offer(RawFormat::Mjpeg, 64, 36)];
        let wish = Wish {
            layout: Planes::new(64, 36),
            rate: FrameRate::whole(30),
            size: None,
            format: None,
        };
        let mut attempts = Attempts::default();
        let mut tried = Vec::new();
        for _ in 0..5 {
            let mode = attempts.choose(&offers, &wish).unwrap();
            tried.push(mode.format);
            attempts.failed(mode);
        }
        use RawFormat::{Mjpeg, Yuyv};
        assert_eq!(tried, [Yuyv, Yuyv, Mjpeg, Mjpeg, Yuyv]);
        assert_eq!(attempts.choose(&[], &wish), None);
    }
}
