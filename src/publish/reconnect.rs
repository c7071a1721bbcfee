//! When to try again.
//!
//! A [`Reconnector`] lasts as long as the destination is wanted. It knows no
//! clock and no randomness of its own, and nothing of why a connection ended but
//! the class of the reason.

use std::time::Duration;

use crate::media::MediaTime;

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// At once: nothing is wrong with the network or the server, which may have
    /// asked for it.
    Now,
    /// Soon: the host is there and nothing listens, so that a server may be
    /// starting and asking costs nobody anything.
    Soon,
    /// After a wait that grows.
    Backoff,
    /// After a long wait from the first time on: the next stream would end as soon as
    /// the last ones.
    Slow,
    /// Not without the person: the next try would end the same way.
    Never,
}

/// The coming try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it is due.
    pub at: MediaTime,
    /// Which one it is since the stream was last live, from 1.
    pub number: u32,
}

/// Decides when to try again: after 0.5, 1, 2, 2, 2 … s while the service may be
/// keeping the stream's place, then each 10 s, without end.
#[derive(Debug, Default)]
pub struct Reconnector {
    outage: Option<Outage>,
    /// When the stream went live, while it is.
    live: Option<MediaTime>,
    /// When tries at once were made.
    at_once: u32,
}

/// Tries since the stream was last live.
#[derive(Clone, Copy, Debug)]
struct Outage {
    since: MediaTime,
    attempts: u32,
}

impl Reconnector {
    /// Services keep a broken stream's place for 60 to 90 s.
    const URGENT: Duration = Duration::from_secs(90);
    /// Waits while that lasts, the last one again and again.
    const WAITS_MS: [u64; 3] = [500, 1_000, 2_000];
    /// The longest of them for a server that may be starting: with the jitter and
    /// a handshake the stream is back well within 1.5 s of its listening.
    const SOON: Duration = Duration::from_millis(800);
    /// Waits from then on.
    const PATIENT: Duration = Duration::from_secs(10);
    /// Waits vary by up to this share, so that a server that comes back is not
    /// met by all its publishers at the same moment.
    const JITTER: f64 = 0.1;
    /// A stream that was live for less has not come back: the waits go on.
    const SETTLED: Duration = Duration::from_secs(10);
    /// Tries at once in a row, before they count as failures like others.
    const AT_ONCE: u32 = 3;

    /// The first connection is about to be made.
    pub fn new() -> Self {
        Self::default()
    }

    /// The stream is live.
    pub fn live(&mut self, now: MediaTime) {
        self.live = Some(now);
    }

    /// A connection failed or ended, or could not be made. `random` is at least
    /// 0 and below 1. `None`: it is over.
    pub fn failed(&mut self, now: MediaTime, retry: Retry, random: f64) -> Option<Attempt> {
        let was_live = self.live.take();
        if was_live.is_some_and(|since| now.since(since) >= Self::SETTLED) {
            self.outage = None;
            self.at_once = 0;
        }
        let outage = self.outage.get_or_insert(Outage { since: now, attempts: 0 });
        outage.attempts += 1;
        let outage = *outage;
        let wait = match retry {
            Retry::Never => return None,
            Retry::Now if self.at_once < Self::AT_ONCE => {
                self.at_once += 1;
                Duration::ZERO
            }
            Retry::Soon => Self::wait(now, outage, Self::SOON),
            Retry::Slow => Self::PATIENT,
            Retry::Now | Retry::Backoff => Self::wait(now, outage, Duration::MAX),
        };
        let spread = 1.0 + Self::JITTER * (2.0 * random - 1.0);
        Some(Attempt { at: now + wait.mul_f64(spread.max(0.0)), number: outage.attempts })
    }

    /// The person asked for it, or the machine's network has changed: what was
    /// learnt about waiting no longer counts.
    pub fn now(&mut self, now: MediaTime) -> Attempt {
        let number = self.outage.map_or(1, |outage| outage.attempts.max(1));
        self.outage = Some(Outage { since: now, attempts: 0 });
        Attempt { at: now, number }
    }

    /// Since when the stream has been away, while it is.
    pub fn away_since(&self) -> Option<MediaTime> {
        self.outage.filter(|_| self.live.is_none()).map(|outage| outage.since)
    }

    fn wait(now: MediaTime, outage: Outage, most: Duration) -> Duration {
        if now.since(outage.since) >= Self::URGENT {
            return Self::PATIENT;
        }
        let step = (outage.attempts as usize - 1).min(Self::WAITS_MS.len() - 1);
        Duration::from_millis(Self::WAITS_MS[step]).min(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> MediaTime {
        MediaTime::from_millis(millis)
    }

    /// Waits in ms of failures in a row, each try taking `lasts` ms.
    fn waits(retry: Retry, lasts: i64, count: usize) -> Vec<i64> {
        let mut reconnector = Reconnector::new();
        let mut now = at(1_000);
        let wait = |_| {
            let attempt = reconnector.failed(now, retry, 0.5).expect("no end");
            let wait = attempt.at.since(now).as_millis() as i64;
            now = attempt.at + Duration::from_millis(lasts as u64);
            wait
        };
        (0..count).map(wait).collect()
    }

    #[test]
    fn waits_grow_to_two_seconds_and_after_ninety_to_ten() {
        let waits = waits(Retry::Backoff, 0, 60);
        assert_eq!(waits[..5], [500, 1_000, 2_000, 2_000, 2_000]);
        let urgent = waits.iter().take_while(|wait| **wait <= 2_000).sum::<i64>();
        assert!((88_000..=92_000).contains(&urgent), "{urgent}");
        assert_eq!(waits[50..], [10_000; 10]);
    }

    #[test]
    fn a_port_that_is_closed_is_asked_more_often() {
        let waits = waits(Retry::Soon, 0, 120);
        assert_eq!(waits[..4], [500, 800, 800, 800]);
        assert_eq!(waits[115..], [10_000; 5]);
    }

    #[test]
    fn a_slow_pace_is_slow_from_the_first_wait_on() {
        assert_eq!(waits(Retry::Slow, 0, 3), [10_000; 3]);
    }

    #[test]
    fn tries_that_take_long_count_too() {
        let waits = waits(Retry::Backoff, 10_000, 12);
        assert_eq!(waits[..4], [500, 1_000, 2_000, 2_000]);
        assert_eq!(waits[10..], [10_000, 10_000]);
    }

    #[test]
    fn jitter_is_a_tenth_each_way() {
        for (random, millis) in [(0.0, 450), (0.5, 500), (0.999_999, 549)] {
            let attempt = Reconnector::new().failed(at(0), Retry::Backoff, random);
            assert_eq!(attempt, Some(Attempt { at: attempt.expect("one").at, number: 1 }));
            assert_eq!(attempt.map(|a| a.at.as_millis()), Some(millis));
        }
    }

    #[test]
    fn a_refusal_is_the_end() {
        assert_eq!(Reconnector::new().failed(at(0), Retry::Never, 0.5), None);
    }

    #[test]
    fn a_stream_that_was_live_starts_over_and_one_that_flickers_does_not() {
        let mut reconnector = Reconnector::new();
        for number in 1..=4 {
            let attempt = reconnector.failed(at(0), Retry::Backoff, 0.5).expect("no end");
            assert_eq!(attempt.number, number);
        }
        reconnector.live(at(10_000));
        assert_eq!(reconnector.away_since(), None);
        let flicker = reconnector.failed(at(11_000), Retry::Backoff, 0.5).expect("no end");
        assert_eq!((flicker.at, flicker.number), (at(13_000), 5));
        assert_eq!(reconnector.away_since(), Some(at(0)));
        reconnector.live(at(20_000));
        let fresh = reconnector.failed(at(40_000), Retry::Backoff, 0.5).expect("no end");
        assert_eq!((fresh.at, fresh.number), (at(40_500), 1));
    }

    #[test]
    fn now_is_now_and_the_waits_start_over() {
        let mut reconnector = Reconnector::new();
        for _ in 0..80 {
            reconnector.failed(at(0), Retry::Backoff, 0.5);
        }
        reconnector.failed(at(200_000), Retry::Backoff, 0.5);
        assert_eq!(reconnector.now(at(201_000)).at, at(201_000));
        let next = reconnector.failed(at(201_100), Retry::Backoff, 0.5).expect("no end");
        assert_eq!(next.at, at(201_600));
    }

    #[test]
    fn a_server_that_always_sends_us_elsewhere_is_not_followed_in_a_rush() {
        let waits = waits(Retry::Now, 10, 8);
        assert_eq!(waits[..3], [0, 0, 0]);
        assert!(waits[3..].iter().all(|wait| *wait == 2_000), "{waits:?}");
    }
}
