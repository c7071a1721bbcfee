//! Follows a device's clock by what piles up between it and the media clock.

/// Chooses how fast to take sound from a queue that a device fills, so that the
/// time queued stays the same.
///
/// A device that runs fast fills the queue, and is emptied a little faster. The
/// loop is slow, with a time constant of half a minute, so that no hiccup of a
/// device is heard as a change of pitch; what remains is the difference of the
/// clocks, a constant. It is a proportional-integral controller: at rest the error
/// is zero, whatever the difference.
#[derive(Clone, Debug, Default)]
pub struct DriftControl {
    /// Time queued, smoothed once and twice, in seconds; `None` before the first.
    level: Option<[f64; 2]>,
    /// What the integral has come to: the difference of the clocks.
    learned: f64,
    /// What the last call answered.
    speed: f64,
}

impl DriftControl {
    /// Time constant of each smoothing, in seconds.
    const SMOOTHING_S: f64 = 4.0;
    /// Speed for each second of error.
    const PROPORTIONAL: f64 = 0.06;
    /// Speed for each second of error, each second.
    const INTEGRAL: f64 = 0.000_9;
    /// Most that clocks are believed to differ: half a percent is less than a
    /// tenth of a semitone.
    const MOST: f64 = 0.005;
    /// Most that the speed changes in a second, so that it glides.
    const GLIDE: f64 = 0.000_1;

    /// How much faster than nominal to take sound, after `elapsed` seconds, when
    /// `level` seconds are queued and `target` should be. 0.0001 is 100 ppm.
    pub fn update(&mut self, level: f64, target: f64, elapsed: f64) -> f64 {
        let [once, twice] = self.level.get_or_insert([level; 2]);
        let share = elapsed / (Self::SMOOTHING_S + elapsed);
        *once += (level - *once) * share;
        *twice += (*once - *twice) * share;
        let error = *twice - target;
        let wanted = self.learned + Self::PROPORTIONAL * error;
        if wanted.abs() < Self::MOST {
            self.learned += Self::INTEGRAL * error * elapsed;
        }
        let step = Self::GLIDE * elapsed;
        self.speed =
            wanted.clamp(self.speed - step, self.speed + step).clamp(-Self::MOST, Self::MOST);
        self.speed
    }

    /// Forgets what is queued, but not what was learned of the clocks: after a
    /// gap, or when the queue was emptied by hand.
    pub fn restart(&mut self) {
        self.level = None;
    }

    /// What the last update answered.
    #[cfg(test)]
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// The difference of the clocks as it is known now; positive: the device is
    /// fast.
    pub fn learned(&self) -> f64 {
        self.learned
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{BLOCK_FRAMES, SAMPLE_RATE};

    /// A device and a queue on paper: samples are counted, not heard.
    struct Paper {
        control: DriftControl,
        /// The device's rate in Hz.
        rate: f64,
        /// Frames that it delivers at a time.
        lump: f64,
        queued: f64,
        /// Frames that were captured but not delivered yet.
        building: f64,
        speed: f64,
    }

    const NOMINAL: f64 = 44_100.0;
    const TARGET_S: f64 = 0.025;
    const BLOCK_S: f64 = BLOCK_FRAMES as f64 / SAMPLE_RATE as f64;

    impl Paper {
        fn new(ppm: f64, lump: f64) -> Self {
            Self {
                control: DriftControl::default(),
                rate: NOMINAL * (1.0 + ppm * 1e-6),
                lump,
                queued: TARGET_S * NOMINAL,
                building: 0.0,
                speed: 0.0,
            }
        }

        /// One block's time goes by; how long ago the sound was captured that is
        /// taken now, in seconds.
        fn block(&mut self, jitter: f64) -> f64 {
            self.building += self.rate * (BLOCK_S + jitter);
            while self.building >= self.lump {
                self.building -= self.lump;
                self.queued += self.lump;
            }
            self.queued -= BLOCK_S * NOMINAL * (1.0 + self.speed);
            self.speed = self.control.update(self.queued / NOMINAL, TARGET_S, BLOCK_S);
            (self.queued + self.building) / self.rate
        }
    }

    fn hours(hours: f64) -> u64 {
        (hours * 3_600.0 / BLOCK_S) as u64
    }

    #[test]
    fn picture_and_sound_stay_together_for_four_hours() {
        for (ppm, lump) in
            [(200.0, 1_024.0), (-200.0, 1_024.0), (200.0, 441.0), (-200.0, 4_410.0), (0.0, 1_024.0)]
        {
            let mut paper = Paper::new(ppm, lump);
            let (mut sum, mut count, mut worst) = (0.0, 0_u32, 0.0_f64);
            // Where it settles, once the first minutes are over.
            let settling = hours(0.1);
            for _ in 0..settling {
                sum += paper.block(0.0);
                count += 1;
            }
            let start = sum / f64::from(count);
            for _ in settling..hours(4.0) {
                worst = worst.max((paper.block(0.0) - start).abs());
            }
            assert!(worst < 0.020, "{ppm} ppm in lumps of {lump}: {:.1} ms off", worst * 1e3);
            assert!(
                (paper.control.learned() * 1e6 - ppm).abs() < 5.0,
                "{} ppm",
                paper.control.learned() * 1e6
            );
        }
    }

    #[test]
    fn the_queue_neither_runs_dry_nor_fills_up_on_the_way() {
        for ppm in [-1_000.0, -200.0, 200.0, 1_000.0] {
            let mut paper = Paper::new(ppm, 480.0);
            for _ in 0..hours(0.5) {
                paper.block(0.0);
                let level = paper.queued / NOMINAL;
                assert!((0.0..0.080).contains(&level), "{ppm} ppm: {:.1} ms queued", level * 1e3);
            }
        }
    }

    #[test]
    fn a_clock_that_wanders_with_the_temperature_is_followed() {
        let mut paper = Paper::new(0.0, 1_024.0);
        for n in 0..hours(4.0) {
            let phase = n as f64 / hours(1.0) as f64 * std::f64::consts::TAU;
            paper.rate = NOMINAL * (1.0 + 50e-6 * phase.sin());
            let late = paper.block(0.0);
            assert!(n < 10_000 || (late - TARGET_S).abs() < 0.020 + 1_024.0 / NOMINAL, "{late}");
        }
    }

    #[test]
    fn the_speed_glides() {
        let mut paper = Paper::new(200.0, 1_024.0);
        let mut last = 0.0;
        let mut random = 12_345_u64;
        for _ in 0..hours(0.2) {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let jitter = ((random >> 40) as f64 / (1 << 24) as f64 - 0.5) * 0.010;
            paper.block(jitter);
            assert!((paper.speed - last).abs() <= 0.000_1 * BLOCK_S * 1.001, "a step in the pitch");
            last = paper.speed;
        }
    }
}
