//! Rate control: holds a bitrate by choosing each frame's quantiser.
//!
//! An account is kept in bits: what was spent minus what the bitrate allows for the
//! time that passed, however many frames were left out meanwhile.
//! What is owed is paid back over the frames to come, what was saved is spent,
//! within a bound. How many bits a frame costs at a quantiser is foretold from
//! how much of it is new ([`Novelty`]) and from what the frames before cost.
//! When the debt grows all the same, because the picture can't be made smaller,
//! the picture before is to be held, which costs next to nothing and keeps the
//! frame rate.

use crate::media::{FrameRate, MediaTime, Picture, Plane};

/// What to do with the next frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// The quantiser, 0 to 51 (H.264 §7.4.2.2).
    pub qp: u8,
    /// Encode the picture before once more in place of the new one.
    pub hold: bool,
}

/// How much there is to encode in a picture, in luma steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Novelty {
    /// When it stands alone.
    pub intra: f64,
    /// When the picture before is known.
    pub inter: f64,
}

impl Novelty {
    /// Rows from one that is looked at to the next.
    const ROWS: usize = 4;
    /// Pixels that are judged together.
    const SPAN: usize = 16;

    /// Looks at a picture and the one before it, of the same size.
    pub fn of(picture: &Picture, before: Option<&Picture>) -> Self {
        let stride = picture.layout().stride(Plane::Y);
        let luma = picture.plane(Plane::Y);
        let before = before.filter(|p| p.layout() == picture.layout()).map(|p| p.plane(Plane::Y));
        let (mut intra, mut inter) = (0, 0);
        for start in (0..luma.len()).step_by(stride * Self::ROWS) {
            let row = &luma[start..start + stride];
            let old = before.map(|luma| &luma[start..start + stride]);
            let (alone, known) = Self::of_row(row, old);
            intra += alone;
            inter += known;
        }
        Self { intra: intra as f64 + 1.0, inter: inter as f64 + 1.0 }
    }

    fn of_row(row: &[u8], before: Option<&[u8]>) -> (u64, u64) {
        let (mut intra, mut inter) = (0, 0);
        for start in (0..row.len()).step_by(Self::SPAN) {
            let end = (start + Self::SPAN).min(row.len());
            let alone = distance(&row[start..end - 1], &row[start + 1..end]);
            let known =
                before.map_or(alone, |before| distance(&row[start..end], &before[start..end]));
            intra += u64::from(alone);
            inter += u64::from(alone.min(known));
        }
        (intra, inter)
    }
}

fn distance(a: &[u8], b: &[u8]) -> u32 {
    a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum()
}

/// What the frames of one kind have cost.
#[derive(Clone, Copy, Debug)]
struct Model {
    /// Bits at a quantiser step of 1 for each luma step that is new.
    cost: f64,
}

impl Model {
    /// The quantiser at which `novelty` costs `bits`.
    fn qp(&self, novelty: f64, bits: f64) -> f64 {
        qp_of_step(self.cost * novelty / bits.max(1.0))
    }

    /// Takes in what a frame did cost.
    fn learn(&mut self, novelty: f64, qp: u8, bits: f64) {
        let cost = bits * step_of_qp(f64::from(qp)) / novelty;
        self.cost += (cost - self.cost) * 0.5;
    }
}

/// The quantiser step of a quantiser (H.264 §8.5.9): it doubles each 6.
fn step_of_qp(qp: f64) -> f64 {
    0.625 * (qp / 6.0).exp2()
}

fn qp_of_step(step: f64) -> f64 {
    (step / 0.625).max(1e-9).log2() * 6.0
}

/// The account of one encoder.
#[derive(Clone, Debug)]
pub(super) struct RateControl {
    /// From one frame to the next when none is left out, in seconds.
    interval_s: f64,
    /// When the frame before was due.
    last: Option<MediaTime>,
    /// From the frame before to the present one, in seconds.
    passed_s: f64,
    /// Bitrate to hold, in bit/s.
    bps: f64,
    /// Bits spent beyond what the bitrate allows; negative: saved.
    debt: f64,
    /// Of keyframes.
    intra: Model,
    /// Of all others.
    inter: Model,
    /// Quantiser of the other frames, smoothed; `None` before the first.
    usual_qp: Option<f64>,
    /// Quantiser of the frame before.
    last_qp: f64,
}

impl RateControl {
    /// Time over which a debt is paid back, in seconds.
    const HORIZON_S: f64 = 0.6;
    /// Savings that may be spent later, in seconds of the bitrate: a still
    /// picture must not pay for a burst.
    const SAVED_S: f64 = 0.1;
    /// Debt that is remembered, in seconds of the bitrate.
    const OWED_S: f64 = 1.5;
    /// Debt from which on the picture is held, in seconds of the bitrate.
    const HOLD_S: f64 = 0.6;
    /// The same when even the coarsest quantiser does not pay it back.
    const HOLD_EXHAUSTED_S: f64 = 0.1;
    /// What a keyframe may cost when nothing is owed, in seconds of the bitrate: it
    /// must not take a second even on a link that has just shrunk to 40 %.
    const KEYFRAME_S: f64 = 0.35;
    /// How much finer than the frames around it a keyframe is, as all of them
    /// build on it.
    const KEYFRAME_FINER: f64 = 3.0;
    /// The finest quantiser of the first frame, about which nothing is known.
    const FIRST_QP: f64 = 22.0;
    /// How much finer a frame may be than the one before: quality is given back
    /// slowly, and taken at once.
    const FINER_STEP: f64 = 2.0;
    /// Frames left out in a row, and the present one, that are allowed for: after a
    /// longer pause nobody wants a burst.
    const LEFT_OUT: f64 = 6.0;
    /// What a frame may aim at, as shares of an even one.
    const FRAME: std::ops::RangeInclusive<f64> = 0.1..=2.0;
    /// What is asked of the codec; below the first figure it writes noise, which even
    /// those who ask for a high bitrate don't want.
    const QP: std::ops::RangeInclusive<f64> = 4.0..=51.0;
    /// The cost in a [`Model`] that has seen nothing, on the careful side.
    const UNKNOWN: Model = Model { cost: 6.0 };

    /// An even account.
    pub fn new(kbps: u32, fps: FrameRate) -> Self {
        let interval_s = 1.0 / fps.as_f64().max(1e-3);
        Self {
            interval_s,
            last: None,
            passed_s: interval_s,
            bps: f64::from(kbps) * 1e3,
            debt: 0.0,
            intra: Self::UNKNOWN,
            inter: Self::UNKNOWN,
            usual_qp: None,
            last_qp: Self::FIRST_QP,
        }
    }

    /// Changes the bitrate. What is owed shrinks and grows with it: a debt of
    /// the old one must not stop the picture at the new one.
    pub fn set_bitrate(&mut self, kbps: u32) {
        let bps = f64::from(kbps) * 1e3;
        self.debt *= bps / self.bps.max(1.0);
        self.bps = bps;
    }

    /// What to do with the next frame, which is due at `time`.
    pub fn plan(&mut self, time: MediaTime, keyframe: bool, novelty: Novelty) -> Plan {
        let passed = self.last.map(|last| time.since(last).as_secs_f64());
        let most = self.interval_s * Self::LEFT_OUT;
        self.passed_s = passed.map_or(self.interval_s, |passed| passed.min(most));
        self.last = Some(time);
        let qp = if keyframe { self.keyframe_qp(novelty) } else { self.inter_qp(novelty) };
        let exhausted = qp > *Self::QP.end();
        let bearable = self.bps * if exhausted { Self::HOLD_EXHAUSTED_S } else { Self::HOLD_S };
        Plan {
            qp: qp.clamp(*Self::QP.start(), *Self::QP.end()).round() as u8,
            hold: !keyframe && self.debt > bearable,
        }
    }

    /// Books a frame that was encoded by `plan` and took `bytes` bytes.
    pub fn spent(&mut self, keyframe: bool, novelty: Novelty, plan: Plan, bytes: usize) {
        let bits = bytes as f64 * 8.0;
        let debt = self.debt + bits - self.frame_bits();
        self.debt = debt.clamp(-self.bps * Self::SAVED_S, self.bps * Self::OWED_S);
        if plan.hold {
            return;
        }
        self.last_qp = f64::from(plan.qp);
        if keyframe {
            self.intra.learn(novelty.intra, plan.qp, bits);
        } else {
            self.inter.learn(novelty.inter, plan.qp, bits);
            let usual = self.usual_qp.get_or_insert(self.last_qp);
            *usual += (self.last_qp - *usual) * 0.1;
        }
    }

    /// What the frame costs when all cost the same.
    fn frame_bits(&self) -> f64 {
        self.bps * self.passed_s
    }

    fn keyframe_qp(&self, novelty: Novelty) -> f64 {
        let room = (self.bps * Self::KEYFRAME_S - self.debt).max(self.frame_bits());
        let finest = self.usual_qp.map_or(Self::FIRST_QP, |usual| usual - Self::KEYFRAME_FINER);
        self.intra.qp(novelty.intra, room).max(finest)
    }

    fn inter_qp(&self, novelty: Novelty) -> f64 {
        let even = self.frame_bits();
        let wanted = even - self.debt * (self.passed_s / Self::HORIZON_S).min(1.0);
        let bits = wanted.clamp(even * Self::FRAME.start(), even * Self::FRAME.end());
        self.inter.qp(novelty.inter, bits).max(self.last_qp - Self::FINER_STEP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Planes;

    const FPS: u32 = 30;

    /// A codec on paper: a frame costs `difficulty` bits at a quantiser step of
    /// 1, but never less than `least`, and nothing when it is held.
    struct Paper {
        control: RateControl,
        /// One frame in so many is encoded.
        divisor: u32,
        /// Bits of each frame so far.
        bits: Vec<f64>,
        holds: usize,
    }

    impl Paper {
        fn new(kbps: u32) -> Self {
            Self {
                control: RateControl::new(kbps, FrameRate::whole(FPS)),
                divisor: 1,
                bits: Vec::new(),
                holds: 0,
            }
        }

        fn encode(&mut self, seconds: u32, difficulty: f64, least: f64) {
            for _ in 0..seconds * FPS {
                let tick = self.bits.len() as u64;
                if !tick.is_multiple_of(self.divisor.into()) {
                    self.bits.push(0.0);
                    continue;
                }
                let time = FrameRate::whole(FPS).time_of(tick);
                let keyframe = tick.is_multiple_of(60);
                let novelty = Novelty { intra: difficulty, inter: difficulty / 5.0 };
                let plan = self.control.plan(time, keyframe, novelty);
                let new = if keyframe { novelty.intra } else { novelty.inter };
                let cost = (4.0 * new / step_of_qp(f64::from(plan.qp))).max(least);
                let bits = if plan.hold { 100.0 } else { cost };
                self.holds += usize::from(plan.hold);
                self.control.spent(keyframe, novelty, plan, bits as usize / 8);
                self.bits.push(bits);
            }
        }

        /// The bitrate of the last seconds, in kbit/s.
        fn kbps(&self, seconds: u32) -> f64 {
            let frames = (seconds * FPS) as usize;
            self.bits[self.bits.len() - frames..].iter().sum::<f64>() / 1e3 / f64::from(seconds)
        }
    }

    fn close(kbps: f64, wanted: f64, percent: f64) {
        assert!(
            (kbps / wanted - 1.0).abs() * 100.0 <= percent,
            "{kbps} instead of {wanted} kbit/s"
        );
    }

    #[test]
    fn the_bitrate_is_held_whatever_the_picture() {
        for difficulty in [3e5, 1e6, 5e6] {
            let mut paper = Paper::new(2_500);
            paper.encode(10, difficulty, 0.0);
            close(paper.kbps(10), 2_500.0, 5.0);
            close(paper.kbps(2), 2_500.0, 10.0);
            assert_eq!(paper.holds, 0);
        }
    }

    #[test]
    fn the_bitrate_is_held_however_many_frames_are_left_out() {
        let mut paper = Paper::new(250);
        for divisor in [1, 2, 3, 4, 2, 1] {
            paper.divisor = divisor;
            paper.encode(10, 3e5, 0.0);
            close(paper.kbps(8), 250.0, 5.0);
        }
        assert_eq!(paper.holds, 0);
    }

    #[test]
    fn a_pause_is_no_leave_for_a_burst() {
        let mut control = RateControl::new(1_000, FrameRate::whole(FPS));
        let novelty = Novelty { intra: 1e6, inter: 1e5 };
        let mut frame = |ms, bytes| {
            let plan = control.plan(MediaTime::from_millis(ms), ms == 0, novelty);
            control.spent(ms == 0, novelty, plan, bytes);
            (plan, control.debt)
        };
        frame(0, 4_000);
        for n in 1..60 {
            frame(n * 33, 4_000);
        }
        let (_, before) = frame(2_000, 4_000);
        let (_, after) = frame(62_000, 4_000);
        assert!(before - after < 1e6 * 0.2, "a minute later it owes {after} of {before} bits");
    }

    #[test]
    fn a_change_of_the_picture_is_paid_back() {
        let mut paper = Paper::new(2_500);
        for difficulty in [3e5, 3e7, 3e5, 3e7, 1e6] {
            paper.encode(4, difficulty, 0.0);
            close(paper.kbps(2), 2_500.0, 10.0);
        }
    }

    #[test]
    fn a_new_bitrate_is_followed_within_a_second() {
        let mut paper = Paper::new(2_500);
        paper.encode(6, 3e6, 0.0);
        for kbps in [500, 4_000, 1_000] {
            paper.control.set_bitrate(kbps);
            paper.encode(1, 3e6, 0.0);
            paper.encode(2, 3e6, 0.0);
            close(paper.kbps(2), f64::from(kbps), 10.0);
        }
    }

    #[test]
    fn what_cannot_be_made_smaller_is_held() {
        let mut paper = Paper::new(1_000);
        paper.encode(10, 3e7, 60_000.0);
        assert!(paper.holds > 100);
        close(paper.kbps(8), 1_000.0, 10.0);
    }

    #[test]
    fn a_still_picture_does_not_pay_for_a_burst() {
        let mut paper = Paper::new(2_500);
        paper.encode(60, 100.0, 0.0);
        paper.encode(2, 1e7, 0.0);
        close(paper.kbps(2), 2_500.0, 10.0);
    }

    #[test]
    fn steps_and_quantisers_are_each_others_inverse() {
        assert!((step_of_qp(4.0) - 1.0).abs() < 0.01, "H.264 §8.5.9");
        for qp in 0..=51 {
            assert!((qp_of_step(step_of_qp(f64::from(qp))) - f64::from(qp)).abs() < 1e-9);
        }
    }

    #[test]
    fn novelty_is_what_neither_neighbour_nor_past_tells() {
        let layout = Planes::new(64, 16);
        let flat = Picture::black(layout);
        let mut stripes = flat.clone();
        for (n, luma) in stripes.plane_mut(Plane::Y).iter_mut().enumerate() {
            *luma = if n % 2 == 0 { 16 } else { 116 };
        }
        assert_eq!(Novelty::of(&flat, None), Novelty { intra: 1.0, inter: 1.0 });
        let first = Novelty::of(&stripes, None);
        assert_eq!(first.intra, first.inter, "nothing came before");
        assert!(first.intra > 1e4);
        assert_eq!(Novelty::of(&stripes, Some(&stripes)).inter, 1.0);
        let bright = Novelty::of(&flat, Some(&stripes));
        assert_eq!(bright.inter, 1.0, "a flat picture is told by itself");
        let other = Picture::black(Planes::new(32, 16));
        assert_eq!(Novelty::of(&stripes, Some(&other)), first, "another size tells nothing");
    }
}
