//! What still belongs to a stream that ends.
//!
//! Encoders deliver what was seen and heard at the end a tenth of a second later:
//! that is waited for, so that a stream of ten seconds holds ten seconds.

use std::time::Duration;

use crate::media::MediaTime;

/// An encoder that has delivered nothing by then has stopped.
const PATIENCE: Duration = Duration::from_millis(500);

/// A first keyframe that came so late after the server allowed the stream, beside what
/// is known to hold it, counts as its start all the same.
const LATE_START: Duration = Duration::from_secs(1);

/// Decides which packets are still sent once a stop is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    at: MediaTime,
    until: MediaTime,
    /// Something from after the end has come, so all from before it has.
    passed: bool,
}

impl Ending {
    /// The stream ends at that time, which is now or not long from it.
    pub fn new(now: MediaTime, at: MediaTime) -> Self {
        Self { at, until: now.max(at) + PATIENCE, passed: false }
    }

    /// Whether a packet, decoded then, is still sent. Packets come in this order.
    pub fn takes(&mut self, dts: MediaTime) -> bool {
        self.passed |= dts >= self.at;
        dts < self.at
    }

    /// Whether to wait for more.
    pub fn more_comes(&self, now: MediaTime) -> bool {
        !self.passed && now < self.until
    }
}

/// Where a stream ends that is to last so long: counted from its first picture, to the
/// frame; while there is none, or if it came late, a little after `due`. A keyframe may
/// have to wait for `late`, a frame's interval or more.
pub fn end_of(
    due: MediaTime,
    start: Option<MediaTime>,
    length: Duration,
    late: Duration,
) -> MediaTime {
    let latest = due + LATE_START + late;
    start.map_or(latest, |start| (start + length).min(latest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> MediaTime {
        MediaTime::from_millis(ms)
    }

    #[test]
    fn all_from_before_the_end_is_sent_and_nothing_else() {
        let mut ending = Ending::new(at(1_010), at(1_000));
        assert!(ending.takes(at(900)) && ending.takes(at(999)));
        assert!(ending.more_comes(at(1_100)));
        assert!(!ending.takes(at(1_000)));
        assert!(!ending.more_comes(at(1_100)), "what comes is in order");
    }

    #[test]
    fn an_encoder_that_has_stopped_is_not_waited_for() {
        let ending = Ending::new(at(1_000), at(1_000));
        assert!(ending.more_comes(at(1_499)));
        assert!(!ending.more_comes(at(1_500)));
    }

    #[test]
    fn ten_seconds_are_counted_from_the_first_picture() {
        let end = |start: Option<i64>, interval| {
            let ten = Duration::from_secs(10);
            end_of(at(12_000), start.map(at), ten, Duration::from_millis(interval))
        };
        assert_eq!(end(Some(1_934), 33), at(11_934), "captured before the stream was allowed");
        assert_eq!(end(Some(2_066), 33), at(12_066));
        assert_eq!(end(Some(2_900), 33), at(12_900));
        assert_eq!(end(Some(3_900), 1_000), at(13_900), "a frame a second");
        assert_eq!(end(Some(5_000), 33), at(13_033));
        assert_eq!(end(None, 33), at(13_033));
    }
}
