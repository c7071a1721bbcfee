//! A device on paper feeds the intake; what comes out is measured.

use super::*;

/// A device that plays a sine of `hertz` at `rate` Hz, off by `ppm`, in lumps.
struct Device {
    rate: u32,
    channels: u16,
    ppm: f64,
    lump: usize,
    hertz: f64,
    /// How much later than it was captured a lump comes at most, in seconds.
    jitter_s: f64,
    /// Frames delivered so far, when the next lump comes, and the blocks that
    /// went by.
    delivered: u64,
    next_s: f64,
    blocks: u64,
    random: u64,
}

impl Device {
    fn new(rate: u32, channels: u16, hertz: f64) -> Self {
        let lump = rate as usize / 100;
        Self {
            rate,
            channels,
            ppm: 0.0,
            lump,
            hertz,
            jitter_s: 0.0,
            delivered: 0,
            next_s: 0.01,
            blocks: 0,
            random: 12_345,
        }
    }

    /// One block's time goes by; its end.
    fn block(&mut self, intake: &mut Intake) -> MediaTime {
        self.blocks += 1;
        while self.next_s <= self.now_s() {
            let frames = (0..self.lump as u64).map(|n| self.sample(self.delivered + n));
            let channels = usize::from(self.channels);
            let lump: Vec<f32> = frames.flat_map(|s| std::iter::repeat_n(s, channels)).collect();
            intake.push(&lump);
            self.delivered += self.lump as u64;
            let at = MediaTime::from_micros((self.next_s * 1e6) as i64);
            intake.note(Delivery { frames: self.delivered, at, lump: self.lump });
            self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let late = (self.random >> 40) as f64 / (1 << 24) as f64 * self.jitter_s;
            let captured_s = (self.delivered as f64 + self.lump as f64) / self.real_rate();
            self.next_s = self.next_s.max(captured_s + late);
        }
        self.end()
    }

    fn now_s(&self) -> f64 {
        self.blocks as f64 * BLOCK_S
    }

    fn end(&self) -> MediaTime {
        MediaTime::from_micros((self.now_s() * 1e6) as i64)
    }

    fn real_rate(&self) -> f64 {
        f64::from(self.rate) * (1.0 + self.ppm * 1e-6)
    }

    /// How long ago the sound was captured that is taken next, in seconds.
    fn late_s(&self, intake: &Intake) -> f64 {
        let taken = intake.pushed - intake.queue.len() as u64;
        self.now_s() - taken as f64 / self.real_rate()
    }

    fn sample(&self, index: u64) -> f32 {
        if self.hertz == 0.0 {
            return 0.25;
        }
        let phase = index as f64 * self.hertz / f64::from(self.rate);
        (0.5 * (phase.fract() * std::f64::consts::TAU).sin()) as f32
    }
}

/// The left channel of `blocks` blocks.
fn record(device: &mut Device, intake: &mut Intake, blocks: usize) -> Vec<f32> {
    let mut block = vec![0.0; BLOCK_FRAMES * CHANNELS];
    let mut sound = Vec::new();
    for _ in 0..blocks {
        let end = device.block(intake);
        intake.fill(&mut block, end);
        sound.extend(block.iter().step_by(CHANNELS));
    }
    sound
}

/// Amplitude of the best-fitting sine of `hertz`, and what is left beside it, in
/// decibels below it: noise and distortion.
fn sine_and_rest(sound: &[f32], hertz: f64) -> (f64, f64) {
    let (mut s, mut c, mut ss, mut cc, mut sc) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let wave =
        |n: usize| (n as f64 * hertz / f64::from(SAMPLE_RATE) * std::f64::consts::TAU).sin_cos();
    for (n, sample) in sound.iter().enumerate() {
        let (sin, cos) = wave(n);
        let sample = f64::from(*sample);
        (s, c) = (s + sample * sin, c + sample * cos);
        (ss, cc, sc) = (ss + sin * sin, cc + cos * cos, sc + sin * cos);
    }
    let det = ss * cc - sc * sc;
    let (a, b) = ((s * cc - c * sc) / det, (c * ss - s * sc) / det);
    let rest: f64 = sound
        .iter()
        .enumerate()
        .map(|(n, sample)| {
            let (sin, cos) = wave(n);
            (f64::from(*sample) - a * sin - b * cos).powi(2)
        })
        .sum();
    let power = (a * a + b * b) / 2.0;
    (power.sqrt() * 2.0_f64.sqrt(), 10.0 * (rest / sound.len() as f64 / power).log10())
}

/// The same, at the frequency near `hertz` that leaves the least: a resampler
/// that follows a clock is off by a few millionths.
fn best_sine_and_rest(sound: &[f32], hertz: f64) -> (f64, f64) {
    let rest = |ppm: f64| sine_and_rest(sound, hertz * (1.0 + ppm * 1e-6)).1;
    let (mut low, mut high) = (-2_000.0, 2_000.0);
    for _ in 0..60 {
        let third = (high - low) / 3.0;
        if rest(low + third) < rest(high - third) { high -= third } else { low += third }
    }
    sine_and_rest(sound, hertz * (1.0 + (low + high) / 2.0 * 1e-6))
}

#[test]
fn a_sine_at_44_1_khz_comes_out_clean() {
    let mut intake = Intake::new(44_100, 2).unwrap();
    let mut device = Device::new(44_100, 2, 1_000.0);
    // Half a minute, in which it finds its length.
    record(&mut device, &mut intake, 1_400);
    let sound = record(&mut device, &mut intake, 200);
    for stretch in sound.chunks_exact(2_400).step_by(10) {
        let (amplitude, rest) = best_sine_and_rest(stretch, 1_000.0);
        println!("amplitude {amplitude:.4}, THD+N {rest:.1} dB");
        assert!((amplitude - 0.5).abs() < 0.001);
        assert!(rest < -80.0, "THD+N {rest:.1} dB");
    }
}

#[test]
fn every_rate_and_channel_count_sounds_the_same() {
    for rate in [8_000, 11_025, 16_000, 22_050, 32_000, 48_000, 88_200, 96_000, 192_000] {
        let mut intake = Intake::new(rate, 1).unwrap();
        let sound = record(&mut Device::new(rate, 1, 440.0), &mut intake, 300);
        let (amplitude, rest) = best_sine_and_rest(&sound[sound.len() - 2_400..], 440.0);
        assert!((amplitude - 0.5).abs() < 0.001 && rest < -80.0, "{rate} Hz: {amplitude} {rest}");
        assert_eq!(intake.dropped(), 0);
    }
    for channels in 1..=8 {
        let mut intake = Intake::new(48_000, channels).unwrap();
        let sound = record(&mut Device::new(48_000, channels, 440.0), &mut intake, 300);
        let (amplitude, _) = sine_and_rest(&sound[sound.len() - 9_600..], 440.0);
        assert!((0.3..1.1).contains(&amplitude), "{channels} channels: {amplitude}");
    }
}

#[test]
fn what_no_device_has_is_refused() {
    for (rate, channels) in [(0, 2), (7_999, 2), (192_001, 1), (48_000, 0), (48_000, 9)] {
        assert_eq!(Intake::new(rate, channels).err(), Some(Unusable { rate, channels }));
    }
}

#[test]
fn a_device_off_by_200_ppm_neither_clicks_nor_drifts() {
    for ppm in [200.0, -200.0] {
        let mut intake = Intake::new(48_000, 2).unwrap();
        let mut device = Device { ppm, ..Device::new(48_000, 2, 100.0) };
        // Three minutes, with the slowest sine: its steepest step is known.
        let mut last: Option<f32> = None;
        let steepest = (0.5 * std::f64::consts::TAU * 100.0 / 48_000.0) as f32 * 1.05;
        let mut block = vec![0.0; BLOCK_FRAMES * CHANNELS];
        for n in 0..8_437 {
            let end = device.block(&mut intake);
            intake.fill(&mut block, end);
            if n < 20 {
                continue;
            }
            for sample in block.iter().step_by(CHANNELS) {
                let step = last.map_or(0.0, |last| (sample - last).abs());
                assert!(step <= steepest, "{ppm} ppm: a click of {step} in block {n}");
                last = Some(*sample);
            }
            assert!((0.005..0.060).contains(&intake.latency_s()), "{}", intake.latency_s());
        }
        assert_eq!((intake.starved(), intake.dropped()), (0, 0));
        assert!(
            (intake.clock_difference() * 1e6 - ppm).abs() < 30.0,
            "{}",
            intake.clock_difference()
        );
    }
}

#[test]
fn a_device_that_stops_leaves_silence_without_a_click_and_comes_back() {
    let mut intake = Intake::new(48_000, 2).unwrap();
    let mut device = Device::new(48_000, 2, 100.0);
    let mut sound = record(&mut device, &mut intake, 100);
    let mut block = vec![0.0; BLOCK_FRAMES * CHANNELS];
    for _ in 0..50 {
        device.blocks += 1;
        intake.fill(&mut block, device.end());
        sound.extend(block.iter().step_by(CHANNELS));
    }
    assert!(block.iter().all(|sample| *sample == 0.0), "silence while nothing comes");
    // Nothing was captured meanwhile.
    device.next_s = device.now_s() + 0.01;
    sound.extend(record(&mut device, &mut intake, 100));
    let steepest = sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    assert!(steepest < 0.02, "a click of {steepest}");
    let (amplitude, _) = sine_and_rest(&sound[sound.len() - 9_600..], 100.0);
    assert!((amplitude - 0.5).abs() < 0.01);
    assert_eq!(intake.starved(), 1);
}

#[test]
fn sound_that_nobody_takes_is_thrown_away_and_not_kept_for_later() {
    let mut intake = Intake::new(48_000, 2).unwrap();
    let mut device = Device::new(48_000, 2, 440.0);
    record(&mut device, &mut intake, 100);
    for _ in 0..100 {
        device.block(&mut intake);
    }
    assert!(intake.latency_s() < 1.6);
    let sound = record(&mut device, &mut intake, 10);
    assert!(intake.latency_s() < 0.1, "{}", intake.latency_s());
    assert!(intake.dropped() > 48_000);
    assert!(steepest(&sound) < 0.04, "the cut is faded over: {}", steepest(&sound));
}

/// The largest step from one sample to the next.
fn steepest(sound: &[f32]) -> f32 {
    sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

#[test]
fn blocks_that_are_overdue_get_the_sound_that_was_meant_for_them() {
    for late in [1, 5, 8, 10, 40] {
        let mut intake = Intake::new(48_000, 2).unwrap();
        let mut device = Device::new(48_000, 2, 100.0);
        let mut sound = record(&mut device, &mut intake, 100);
        let ends: Vec<_> = (0..=late).map(|_| device.block(&mut intake)).collect();
        let mut block = vec![0.0; BLOCK_FRAMES * CHANNELS];
        for end in ends {
            intake.fill(&mut block, end);
            sound.extend(block.iter().step_by(CHANNELS));
        }
        sound.extend(record(&mut device, &mut intake, 100));
        assert_eq!((intake.dropped(), intake.starved()), (0, 0), "{late} blocks late");
        let flowing = &sound[4 * BLOCK_FRAMES..];
        assert!(steepest(flowing) < 0.007, "{late} blocks late: {}", steepest(flowing));
    }
}

#[test]
fn what_is_left_falls_to_silence_without_a_click_however_little_it_is() {
    for rate in [8_000, 44_100, 48_000, 192_000] {
        for left in [0, 1, 7, 100, 170, 239, 240, 500, 1_000, 4_000] {
            let mut intake = Intake::new(rate, 1).unwrap();
            let mut device = Device::new(rate, 1, 0.0);
            let mut sound = record(&mut device, &mut intake, 100);
            intake.queue.truncate(left);
            let mut block = vec![0.0; BLOCK_FRAMES * CHANNELS];
            for _ in 0..6 {
                device.blocks += 1;
                intake.fill(&mut block, device.end());
                sound.extend(block.iter().step_by(CHANNELS));
            }
            let step = steepest(&sound[50 * BLOCK_FRAMES..]);
            assert!(step < 0.003, "{left} frames left at {rate} Hz: a step of {step}");
            assert_eq!(sound.last(), Some(&0.0));
        }
    }
}

#[test]
fn a_reserve_that_is_not_needed_any_more_is_given_back() {
    let mut intake = quick(48_000);
    let mut device = Device::new(48_000, 1, 0.0);
    record(&mut device, &mut intake, 100);
    for _ in 0..8 {
        intake.run_dry();
    }
    record(&mut device, &mut intake, 1_000);
    assert!(device.late_s(&intake) > 0.090, "{}", device.late_s(&intake));
    record(&mut device, &mut intake, 25 * 60 * 47);
    assert!(device.late_s(&intake) < 0.040, "{}", device.late_s(&intake));
    assert_eq!(intake.starved(), 8, "and no more than it can do without");
}

/// An intake whose resampler is cheap: for hours on paper.
fn quick(rate: u32) -> Intake {
    let ratio = f64::from(SAMPLE_RATE) / f64::from(rate);
    let degree = rubato::PolynomialDegree::Nearest;
    let resampler =
        Async::new_poly(ratio, 1.05, degree, BLOCK_FRAMES, CHANNELS, FixedAsync::Output).unwrap();
    Intake::with(resampler, rate, 1)
}

/// Picture and sound stay together: how far the sound is from where it should be
/// at most, once a minute has gone by, and the largest change of speed from one
/// block to the next.
fn together(ppm: f64, lump: usize, jitter_s: f64, minutes: u32) {
    let mut intake = quick(48_000);
    let mut device = Device { ppm, lump, jitter_s, ..Device::new(48_000, 1, 0.0) };
    device.next_s = lump as f64 / device.real_rate();
    let wanted_s = Intake::RESERVE_S + lump as f64 / 48_000.0;
    let mut block = vec![0.0; BLOCK_FRAMES * CHANNELS];
    let (mut worst, mut step, mut fastest, mut last) = (0.0_f64, 0.0_f64, 0.0_f64, 0.0);
    for n in 0..minutes * 60 * SAMPLE_RATE / BLOCK_FRAMES as u32 {
        let end = device.block(&mut intake);
        intake.fill(&mut block, end);
        if n > 60 * SAMPLE_RATE / BLOCK_FRAMES as u32 {
            worst = worst.max((device.late_s(&intake) - wanted_s).abs());
            fastest = fastest.max((intake.drift.speed() * 1e6 - ppm).abs());
        }
        step = step.max((intake.drift.speed() - last).abs());
        last = intake.drift.speed();
    }
    println!(
        "{ppm:+} ppm, lumps of {lump}, {:.0} ms of jitter: within {:.1} ms and {fastest:.0} ppm",
        jitter_s * 1e3,
        worst * 1e3
    );
    assert!(worst < 0.020, "{:.1} ms off", worst * 1e3);
    assert!(fastest < 120.0, "the speed is off by {fastest} ppm");
    assert!(step <= 0.000_1 * BLOCK_S * 1.001, "a step in the pitch");
    assert_eq!((intake.starved(), intake.dropped()), (0, 0));
}

#[test]
fn picture_and_sound_stay_together() {
    for (ppm, lump, jitter_s) in [
        (10.0, 1_024, 0.003),
        (10.0, 1_024, 0.006),
        (200.0, 1_024, 0.006),
        (-200.0, 441, 0.006),
        (-200.0, 480, 0.0),
        (10.0, 512, 0.003),
    ] {
        together(ppm, lump, jitter_s, 20);
    }
}

#[test]
#[ignore = "takes minutes; run with --release"]
fn picture_and_sound_stay_together_for_four_hours() {
    for ppm in [10.0, 200.0, -200.0] {
        for lump in [441, 480, 512, 1_024] {
            for jitter_s in [0.0, 0.003, 0.006] {
                together(ppm, lump, jitter_s, 240);
            }
        }
    }
}

#[test]
fn channels_go_to_their_sides() {
    assert_eq!(to_stereo(&[0.3]), [0.3; 2]);
    assert_eq!(to_stereo(&[0.3, -0.2]), [0.3, -0.2]);
    let four = to_stereo(&[0.4, 0.1, 0.0, 0.1]);
    assert!(
        (four[0] - 0.4 / 2_f32.sqrt()).abs() < 1e-6 && (four[1] - 0.2 / 2_f32.sqrt()).abs() < 1e-6
    );
}

/// What is said to be the sound's age is its age, whatever the lumps.
#[test]
fn how_long_ago_the_sound_was_captured_is_known() {
    for (rate, lump_ms) in [(48_000, 10), (48_000, 43), (44_100, 21), (16_000, 64)] {
        let mut intake = Intake::new(rate, 2).unwrap();
        let lump = rate as usize * lump_ms / 1_000;
        let mut device = Device { lump, ..Device::new(rate, 2, 50.0) };
        // A minute, in which it finds its length.
        record(&mut device, &mut intake, 2_800);
        let mut block = vec![0.0; BLOCK_FRAMES * CHANNELS];
        let end = device.block(&mut intake);
        intake.fill(&mut block, end);
        // The end of this block, where the resampler's filter is no longer ahead of it.
        let filter_s = intake.resampler.output_delay() as f64 / f64::from(SAMPLE_RATE);
        let really = device.late_s(&intake) + filter_s;
        let said = intake.behind().as_secs_f64();
        assert!((said - really).abs() < 0.005, "{rate} Hz, {lump_ms} ms: {said} s, not {really} s");
    }
}
