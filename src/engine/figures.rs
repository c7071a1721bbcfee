//! The counters that the engine's threads write and the control loop reads.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use crate::media::{Effort, MediaTime};

/// What the picture's threads count.
#[derive(Debug, Default)]
pub struct VideoFigures {
    /// Frames due since the start.
    pub due: AtomicU64,
    /// Frames that did not reach the encoder because it was late.
    pub late: AtomicU64,
    /// Frames encoded.
    pub made: AtomicU64,
    /// Frames of these that show the picture before once more, for want of bits.
    pub held: AtomicU64,
    /// Frames that the encoder or the controller left out.
    pub skipped: AtomicU64,
    /// Bytes of encoded video.
    pub bytes: AtomicU64,
    /// Time spent encoding, in µs.
    pub encode_micros: AtomicU64,
    /// Age of the oldest picture when it was encoded, in µs, since it was last looked
    /// at: from when the camera took it, else from when its frame was due.
    pub oldest: AtomicU64,
    /// Age of a camera's pictures when they are due, in µs, smoothed; 0 where it is none.
    pub age: AtomicU64,
    /// The encoder is ready for frames: those before don't count.
    pub ready: AtomicBool,
    /// The encoder failed and the stream can't go on.
    pub failed: AtomicBool,
    /// The picture has been black for some seconds.
    pub black: AtomicBool,
    /// The picture has not changed for some seconds.
    pub frozen: AtomicBool,
}

impl VideoFigures {
    /// Frames so far; none is made or late that is not due.
    pub fn frames(&self) -> Frames {
        let [held, made, late, due] = [&self.held, &self.made, &self.late, &self.due]
            .map(|counter| counter.load(Ordering::Acquire));
        Frames { due, made, held, late }
    }
}

/// Frames that were counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Frames {
    /// That should have been made.
    pub due: u64,
    /// That were encoded.
    pub made: u64,
    /// Of these, pictures that were shown once more for want of bits.
    pub held: u64,
    /// That somebody was too late for.
    pub late: u64,
}

impl Frames {
    /// Those after `before` was counted.
    pub fn since(self, before: Self) -> Self {
        Self {
            due: self.due - before.due,
            made: self.made - before.made,
            held: self.held - before.held,
            late: self.late - before.late,
        }
    }
}

/// What the control loop asks of the encode thread while it runs.
#[derive(Debug)]
pub struct VideoTarget {
    /// Bitrate in kbit/s.
    pub kbps: AtomicU32,
    /// Encode each n-th frame only.
    pub divisor: AtomicU32,
    /// How hard the encoder works.
    effort: AtomicU8,
}

impl VideoTarget {
    /// Every frame at `kbps`, by one processor.
    pub fn new(kbps: u32) -> Self {
        Self {
            kbps: AtomicU32::new(kbps),
            divisor: AtomicU32::new(1),
            effort: AtomicU8::new(Effort::Alone as u8),
        }
    }

    /// How hard the encoder is to work.
    pub fn effort(&self) -> Effort {
        let place = usize::from(self.effort.load(Ordering::Relaxed));
        Effort::ALL[place.min(Effort::ALL.len() - 1)]
    }

    /// Changes how hard the encoder is to work.
    pub fn set_effort(&self, effort: Effort) {
        self.effort.store(effort as u8, Ordering::Relaxed);
    }
}

/// What the sound's thread counts.
#[derive(Debug, Default)]
pub struct AudioFigures {
    /// Access units made.
    pub made: AtomicU64,
    /// The encoder failed and the stream can't go on.
    pub failed: AtomicBool,
}

/// Adds to a counter. Whoever sees that sees what was counted before.
pub fn count(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Release);
}

/// How old a camera's pictures are when they are due, over some seconds: what holds
/// for all, and no hiccup's.
#[derive(Debug, Default)]
pub struct MeanAge(Option<f64>);

impl MeanAge {
    /// Older pictures are of a camera that has stopped, in seconds.
    const OLDEST_S: f64 = 0.300;
    /// The share that the newest picture has.
    const SHARE: f64 = 1.0 / 64.0;

    /// Takes in the age of a picture, none of what has no age; the mean.
    pub fn see(&mut self, age: Duration) -> Duration {
        let age_s = age.as_secs_f64();
        if age.is_zero() {
            self.0 = None;
        } else if age_s < Self::OLDEST_S {
            let mean = self.0.get_or_insert(age_s);
            *mean += (age_s - *mean) * Self::SHARE;
        }
        self.0.map_or(Duration::ZERO, Duration::from_secs_f64)
    }
}

/// How old pictures are when they are encoded: the oldest of the last second.
#[derive(Debug, Default)]
pub struct AgeMeter {
    /// When the present second began, its oldest so far, and the last one's.
    second: (MediaTime, Duration, Duration),
}

impl AgeMeter {
    /// Looks at the figures, which begin anew.
    pub fn read(&mut self, now: MediaTime, figures: &VideoFigures) -> Duration {
        let age = Duration::from_micros(figures.oldest.swap(0, Ordering::Relaxed));
        let (began, largest, last) = &mut self.second;
        *largest = age.max(*largest);
        if now.since(*began) >= Duration::from_secs(1) {
            (*began, *last, *largest) = (now, *largest, Duration::ZERO);
        }
        *last
    }
}

/// Turns a counter into a rate over the last second.
#[derive(Debug, Default)]
pub struct RateMeter {
    marks: std::collections::VecDeque<(MediaTime, u64)>,
}

impl RateMeter {
    const WINDOW: Duration = Duration::from_millis(1_000);

    /// Takes a reading and returns how much the counter grew per second.
    pub fn read(&mut self, now: MediaTime, count: u64) -> f64 {
        self.marks.push_back((now, count));
        while self.marks.len() > 2 && now.since(self.marks[1].0) >= Self::WINDOW {
            self.marks.pop_front();
        }
        let Some(&(then, before)) = self.marks.front() else { return 0.0 };
        let seconds = now.since(then).as_secs_f64();
        if seconds < 0.1 { 0.0 } else { count.saturating_sub(before) as f64 / seconds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_picture_of_a_second_counts() {
        let (mut meter, figures) = (AgeMeter::default(), VideoFigures::default());
        let mut shown = Vec::new();
        for tick in 0..90_u64 {
            figures.oldest.store(if tick == 40 { 95_000 } else { 25_000 }, Ordering::Relaxed);
            let age = meter.read(MediaTime::from_millis(tick as i64 * 33), &figures);
            shown.push(age.as_millis());
        }
        assert_eq!([shown[20], shown[50], shown[62], shown[80]], [0, 25, 95, 95]);
        assert_eq!(figures.oldest.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn the_mean_age_follows_no_hiccup() {
        let (mut age, ms) = (MeanAge::default(), Duration::from_millis);
        assert_eq!(age.see(ms(40)), ms(40), "at once");
        for n in 0..300_u64 {
            let picture = if n % 2 == 0 { ms(30) } else { ms(50) };
            assert!(age.see(picture).abs_diff(ms(40)) < ms(2));
        }
        assert!(age.see(ms(2_900)).abs_diff(ms(40)) < ms(2), "the camera has stopped");
        assert_eq!(age.see(Duration::ZERO), Duration::ZERO, "another source");
    }

    #[test]
    fn rates_follow_the_last_second() {
        let mut meter = RateMeter::default();
        let mut rate = 0.0;
        for i in 0..100_u64 {
            let count = if i < 50 { i * 3 } else { 150 + (i - 50) };
            rate = meter.read(MediaTime::from_millis(i as i64 * 100), count);
            if i == 45 {
                assert!((rate - 30.0).abs() < 0.1, "{rate}");
            }
        }
        assert!((rate - 10.0).abs() < 0.1, "{rate}");
    }
}
