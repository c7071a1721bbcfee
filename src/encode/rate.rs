//! A guard that holds a bitrate over an encoder whose own control lets it slip.
//!
//! An account is kept in bits: what was spent minus what the bitrate allows.
//! What is owed is paid back over the frames to come by aiming lower, what was
//! saved is spent, within a bound, by aiming higher. When the debt grows all the
//! same, because the picture can't be made smaller, the guard says to hold the
//! last picture, which costs next to nothing and keeps the frame rate.

use crate::media::FrameRate;

/// What to do with the next frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Bitrate to aim at, in bit/s.
    pub target_bps: u32,
    /// Encode the picture before once more in place of the new one.
    pub hold: bool,
}

/// The account of one encoder.
#[derive(Clone, Debug)]
pub(super) struct RateGuard {
    /// Frames per second.
    fps: f64,
    /// Bitrate to hold, in bit/s.
    bps: f64,
    /// Bits spent beyond what the bitrate allows; negative: saved.
    debt: f64,
}

impl RateGuard {
    /// Time over which a debt is paid back, in seconds.
    const HORIZON_S: f64 = 0.8;
    /// Savings that may be spent later, in seconds of the bitrate: a still
    /// picture must not pay for a burst.
    const SAVED_S: f64 = 0.1;
    /// Debt that is remembered, in seconds of the bitrate.
    const OWED_S: f64 = 1.5;
    /// Debt from which on the last picture is held, in seconds of the bitrate.
    /// A keyframe of some ten times a usual frame stays well below.
    const HOLD_S: f64 = 0.7;
    /// Bounds of the target as shares of the bitrate.
    const TARGET: std::ops::RangeInclusive<f64> = 0.2..=1.5;

    /// An even account.
    pub fn new(kbps: u32, fps: FrameRate) -> Self {
        Self { fps: fps.as_f64().max(1e-3), bps: f64::from(kbps) * 1e3, debt: 0.0 }
    }

    /// Changes the bitrate. What was owed at the old one stays owed: it is on
    /// its way to a link that just got slower.
    pub fn set_bitrate(&mut self, kbps: u32) {
        self.bps = f64::from(kbps) * 1e3;
    }

    /// What to do with the next frame.
    pub fn plan(&self, keyframe: bool) -> Plan {
        let wanted = self.bps - self.debt / Self::HORIZON_S;
        let target = wanted.clamp(self.bps * Self::TARGET.start(), self.bps * Self::TARGET.end());
        Plan { target_bps: target as u32, hold: !keyframe && self.debt > self.bps * Self::HOLD_S }
    }

    /// Books a frame of `bytes` bytes.
    pub fn spent(&mut self, bytes: usize) {
        let change = bytes as f64 * 8.0 - self.bps / self.fps;
        self.debt = (self.debt + change).clamp(-self.bps * Self::SAVED_S, self.bps * Self::OWED_S);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> RateGuard {
        RateGuard::new(1_000, FrameRate::whole(10))
    }

    #[test]
    fn an_even_account_aims_at_the_bitrate() {
        assert_eq!(guard().plan(false), Plan { target_bps: 1_000_000, hold: false });
    }

    #[test]
    fn a_debt_is_paid_back_and_savings_are_spent() {
        let mut guard = guard();
        guard.spent(12_500 + 12_500);
        let low = guard.plan(false).target_bps;
        assert!(low < 1_000_000);
        guard.spent(0);
        assert_eq!(guard.plan(false).target_bps, 1_000_000);
        guard.spent(0);
        assert!(guard.plan(false).target_bps > 1_000_000);
    }

    #[test]
    fn a_long_still_picture_saves_only_little() {
        let mut guard = guard();
        for _ in 0..10_000 {
            guard.spent(0);
        }
        guard.spent(12_500 + 12_500);
        assert_eq!(guard.plan(false).target_bps, 1_000_000);
    }

    #[test]
    fn a_debt_that_grows_holds_the_picture_but_never_a_keyframe() {
        let mut guard = guard();
        for _ in 0..10_000 {
            guard.spent(1_000_000);
        }
        assert!(guard.plan(false).hold);
        assert!(!guard.plan(true).hold);
        for _ in 0..20 {
            guard.spent(0);
        }
        assert!(!guard.plan(false).hold, "a remembered debt is bounded");
    }
}
