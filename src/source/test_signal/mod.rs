//! The test signal: a picture and a tone that need no device.
//!
//! Bars, a moving box, snow, a running timecode; and at each full second of the
//! media clock a white flash and a 1 kHz beep that start together and last
//! [`MARK_MS`], so that anyone can measure from outside how far sound and
//! picture are apart, and how late both are. Where no frame is due at the full
//! second both start with the frame nearest to it.

mod picture;
mod tone;

use crate::media::{FrameRate, MediaTime};

pub use picture::TestPicture;
pub use tone::TestTone;

/// How long flash and beep last, in milliseconds.
pub const MARK_MS: i64 = 100;

/// When the marks of a full second start: with the frame nearest to it, half an
/// interval away at most.
fn mark_start(rate: FrameRate, second: i64) -> MediaTime {
    let earliest = second * 1_000_000 - rate.interval().as_micros() as i64 / 2;
    let per_micro = f64::from(rate.num) / f64::from(rate.den) / 1e6;
    let mut frame = (earliest as f64 * per_micro).floor().max(0.0) as u64;
    while rate.time_of(frame).as_micros() < earliest {
        frame += 1;
    }
    rate.time_of(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_start_with_the_frame_nearest_to_the_second() {
        for (num, den) in [(30, 1), (25, 1), (12_500, 1_000), (30_000, 1_001), (7, 1), (1, 1)] {
            let rate = FrameRate { num, den };
            let half = rate.interval().as_micros() as i64 / 2;
            for second in [0, 1, 2, 3, 59, 3_599, 86_401] {
                let start = mark_start(rate, second).as_micros();
                let off = start - second * 1_000_000;
                assert!((-half..=half + 1).contains(&off), "{off} µs at {rate}");
            }
        }
    }
}
