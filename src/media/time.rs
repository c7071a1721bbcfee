//! Points in time and frame rates.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::time::{Duration, Instant};

/// A point on the program's monotonic media clock, in microseconds.
///
/// Zero is where the clock's owner started it: the engine's start for `now`, the
/// stream's start for timestamps. Differences are [`Duration`]s and saturate at
/// zero, so a clock that seems to run backwards never panics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaTime(i64);

impl MediaTime {
    /// The clock's origin.
    pub const ZERO: Self = Self(0);

    /// A time `micros` µs after the origin (negative: before it).
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// A time `millis` ms after the origin.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// The time of sample `index` at `rate` Hz, rounded down.
    ///
    /// Always computed from the count, never by adding rounded steps: 1024
    /// samples at 48 kHz are 21 333⅓ µs, and the third adds up over hours.
    pub fn from_samples(index: i64, rate: u32) -> Self {
        let micros = i128::from(index) * 1_000_000 / i128::from(rate.max(1));
        Self(i64::try_from(micros).unwrap_or(i64::MAX))
    }

    /// Microseconds since the origin.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since the origin, rounded towards the past.
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Seconds since the origin.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The time from `earlier` to `self`, zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0).max(0).unsigned_abs())
    }

    /// Signed microseconds from `other` to `self`.
    pub const fn micros_from(self, other: Self) -> i64 {
        self.0.saturating_sub(other.0)
    }
}

impl Add<Duration> for MediaTime {
    type Output = Self;

    fn add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl AddAssign<Duration> for MediaTime {
    fn add_assign(&mut self, by: Duration) {
        *self = *self + by;
    }
}

impl Sub<Duration> for MediaTime {
    type Output = Self;

    fn sub(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for MediaTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.as_secs_f64())
    }
}

/// Where the media clock's origin lies on the system's monotonic clock.
///
/// It converts and never reads a clock: whoever is allowed to know the time
/// hands the instant in.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    /// A media clock that starts at `origin`.
    pub const fn starting_at(origin: Instant) -> Self {
        Self { origin }
    }

    /// The media time of `instant`; zero for all that lies before the origin.
    pub fn at(&self, instant: Instant) -> MediaTime {
        MediaTime::ZERO + instant.saturating_duration_since(self.origin)
    }

    /// The instant of a media time at or after the origin.
    pub fn instant(&self, time: MediaTime) -> Instant {
        self.origin + time.since(MediaTime::ZERO)
    }
}

/// Frames per second as a fraction, so that 29.97 stays exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameRate {
    /// Frames in `den` seconds; at least 1.
    pub num: u32,
    /// Seconds that `num` frames take; at least 1.
    pub den: u32,
}

impl FrameRate {
    /// `fps` whole frames a second.
    pub const fn whole(fps: u32) -> Self {
        Self { num: fps, den: 1 }
    }

    /// Frames per second.
    pub fn as_f64(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }

    /// When frame `index` is due after the start, rounded down.
    pub fn time_of(self, index: u64) -> MediaTime {
        let micros =
            u128::from(index) * 1_000_000 * u128::from(self.den) / u128::from(self.num.max(1));
        MediaTime::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }

    /// How long one frame lasts.
    pub fn interval(self) -> Duration {
        Duration::from_secs_f64(f64::from(self.den) / f64::from(self.num.max(1)))
    }
}

impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.den == 1 { write!(f, "{}", self.num) } else { write!(f, "{:.2}", self.as_f64()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_times_never_drift() {
        let four_hours = 48_000 * 3_600 * 4;
        assert_eq!(
            MediaTime::from_samples(four_hours, 48_000),
            MediaTime::from_millis(4 * 3_600_000)
        );
        assert_eq!(MediaTime::from_samples(1024, 48_000).as_micros(), 21_333);
        assert_eq!(MediaTime::from_samples(-1, 48_000).as_micros(), -20);
    }

    #[test]
    fn ntsc_frames_land_on_their_times() {
        let rate = FrameRate { num: 30_000, den: 1_001 };
        assert_eq!(rate.time_of(30_000).as_micros(), 1_001_000_000);
    }

    #[test]
    fn differences_saturate() {
        let (early, late) = (MediaTime::from_millis(1), MediaTime::from_millis(5));
        assert_eq!(late.since(early), Duration::from_millis(4));
        assert_eq!(early.since(late), Duration::ZERO);
        assert_eq!(
            MediaTime::from_micros(i64::MAX) + Duration::MAX,
            MediaTime::from_micros(i64::MAX)
        );
    }
}
