//! What picture and sound can be asked for: ranges and defaults, for the command line,
//! the window, the settings file and the engine alike. What a service or an encoder
//! takes of them is theirs to say.

use std::ops::RangeInclusive;

use super::FrameRate;

/// Either side of the picture, in pixels; even.
pub const SIDE: RangeInclusive<u32> = 64..=4_096;
/// The longest that the shorter side can be.
pub const MOST_SHORTER_SIDE: u32 = 2_304;
/// Frames per second.
pub const FPS: RangeInclusive<f64> = 1.0..=120.0;
/// Video bitrate in kbit/s.
pub const VIDEO_KBPS: RangeInclusive<u32> = 50..=100_000;
/// Video bitrate to fill up to, in kbit/s; 0: none.
pub const LEAST_KBPS: RangeInclusive<u32> = 0..=*VIDEO_KBPS.end();
/// Audio bitrate in kbit/s.
pub const AUDIO_KBPS: RangeInclusive<u32> = 16..=512;
/// Seconds from one keyframe to the next.
pub const KEYFRAME_S: RangeInclusive<f32> = 0.1..=20.0;

/// How far an input can be moved in time by hand, in ms.
pub const DELAY_MS: RangeInclusive<i32> = -2_000..=2_000;

/// Width and height where none were chosen.
pub const DEFAULT_SIZE: (u32, u32) = (1_280, 720);
/// Frames per second where none were chosen.
pub const DEFAULT_FPS: FrameRate = FrameRate::whole(30);
/// Video bitrate where none was chosen, in kbit/s.
pub const DEFAULT_VIDEO_KBPS: u32 = 2_500;
/// Audio bitrate where none was chosen, in kbit/s.
pub const DEFAULT_AUDIO_KBPS: u32 = 128;
/// Seconds between keyframes where none were chosen.
pub const DEFAULT_KEYFRAME_S: f32 = 2.0;

/// Whether a picture can have this size.
pub fn is_size(width: u32, height: u32) -> bool {
    let is_even = width.is_multiple_of(2) && height.is_multiple_of(2);
    let sides = [width, height];
    is_even
        && sides.iter().all(|side| SIDE.contains(side))
        && width.min(height) <= MOST_SHORTER_SIDE
}

/// Whether there can be so many frames a second.
pub fn is_rate(rate: FrameRate) -> bool {
    rate.den > 0 && FPS.contains(&rate.as_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_within_the_limits() {
        assert!(is_size(DEFAULT_SIZE.0, DEFAULT_SIZE.1) && is_rate(DEFAULT_FPS));
        assert!(VIDEO_KBPS.contains(&DEFAULT_VIDEO_KBPS));
        assert!(AUDIO_KBPS.contains(&DEFAULT_AUDIO_KBPS));
        assert!(KEYFRAME_S.contains(&DEFAULT_KEYFRAME_S));
    }

    #[test]
    fn sizes_have_even_sides_that_fit() {
        for (width, height) in [(64, 64), (4_096, 2_304), (2_304, 4_096), (1_920, 1_080)] {
            assert!(is_size(width, height), "{width}x{height}");
        }
        for (width, height) in [(62, 64), (1_281, 720), (4_098, 720), (2_306, 2_306), (0, 0)] {
            assert!(!is_size(width, height), "{width}x{height}");
        }
        assert!(!is_rate(FrameRate { num: 30, den: 0 }) && !is_rate(FrameRate::whole(121)));
    }
}
