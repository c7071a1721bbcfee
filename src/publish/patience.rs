//! How long the first connection may take: a script wants an answer, a stream that
//! was there once is worth trying for without end.
//!
//! Looking for the server, by its name or through a proxy, is not counted for a while: a
//! resolver whose first name server is dead needs five seconds, and nothing is wrong then.

use std::time::Duration;

use crate::media::MediaTime;
use crate::protocol::rtmp::error::IN_EARNEST;

/// A key that is in use gets so long: it may be our own last stream's, which servers
/// notice the end of after some seconds.
const IN_USE: Duration = Duration::from_secs(8);

/// A server that answers late has at least so long for its next answer: what takes
/// nearly all the time is one slow question, and the rest comes at once.
const NEXT_ANSWER: Duration = Duration::from_millis(1_200);

/// Looking for the server is not counted for so long in all.
const SEARCH: Duration = Duration::from_secs(12);

/// Decides when a server that never took the stream in earnest has had its time.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    started: MediaTime,
    /// None: without end.
    limit: Option<Duration>,
    /// The stream was there once, so the limit no longer counts.
    was_there: bool,
    /// The last try ended because the key is in use.
    in_use: bool,
    /// When the server last answered a question on the way to the stream.
    answered: Option<MediaTime>,
    /// Time that looking for the server took.
    searched: Duration,
    /// The time of the last look.
    seen: MediaTime,
}

impl Patience {
    /// The first try begins.
    pub fn new(started: MediaTime, limit: Option<Duration>) -> Self {
        Self {
            started,
            limit,
            was_there: false,
            in_use: false,
            searched: Duration::ZERO,
            seen: started,
            answered: None,
        }
    }

    /// The stream has been live for so long. Some servers let everybody start and
    /// close at once when they don't mean it.
    pub fn live_for(&mut self, time: Duration) {
        self.was_there |= time >= IN_EARNEST;
    }

    /// Whether the server is just being looked for; called at each turn.
    pub fn searches(&mut self, now: MediaTime, searches: bool) {
        if searches {
            self.searched += now.since(self.seen);
        }
        self.seen = now;
    }

    /// A try has failed, because the key is in use or for another reason.
    pub fn failed(&mut self, in_use: bool) {
        self.in_use = in_use;
    }

    /// The server has answered a question on the way to the stream.
    pub fn answered(&mut self, now: MediaTime) {
        self.answered = Some(now);
    }

    /// When whatever still waits for its answer is given up. A try that has come so far
    /// may get a little more time; none begins in it.
    pub fn answer_due(&self) -> Option<MediaTime> {
        let due = self.deadline()?;
        Some(self.answered.map_or(due, |answered| due.max(answered + NEXT_ANSWER)))
    }

    /// When the server has had its time.
    fn deadline(&self) -> Option<MediaTime> {
        let limit = self.limit.filter(|_| !self.was_there)?;
        let limit = if self.in_use { limit.max(IN_USE) } else { limit };
        Some(self.started + limit + self.searched.min(SEARCH))
    }

    /// Whether a try at that time would come too late.
    pub fn is_over_by(&self, next: MediaTime) -> bool {
        self.deadline().is_some_and(|deadline| next >= deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> MediaTime {
        MediaTime::from_millis(ms)
    }

    #[test]
    fn a_server_that_says_start_and_closes_at_once_has_not_taken_the_stream() {
        let mut patience = Patience::new(at(1_000), Some(Duration::from_secs(4)));
        patience.live_for(Duration::from_millis(300));
        assert!(!patience.is_over_by(at(4_999)));
        assert!(patience.is_over_by(at(5_000)));
        patience.live_for(Duration::from_secs(2));
        assert!(!patience.is_over_by(at(500_000)), "what was there is tried for without end");
        assert_eq!(patience.deadline(), None);
    }

    #[test]
    fn a_key_that_is_in_use_gets_longer() {
        let mut patience = Patience::new(at(1_000), Some(Duration::from_secs(4)));
        patience.failed(true);
        assert!(!patience.is_over_by(at(8_999)));
        assert!(patience.is_over_by(at(9_000)));
        patience.failed(false);
        assert!(patience.is_over_by(at(5_000)));
    }

    #[test]
    fn a_server_that_answers_late_may_answer_once_more() {
        let mut patience = Patience::new(at(0), Some(Duration::from_secs(4)));
        patience.answered(at(100));
        assert_eq!(patience.answer_due(), Some(at(4_000)));
        patience.answered(at(3_900));
        assert_eq!(patience.answer_due(), Some(at(5_100)));
        assert!(patience.is_over_by(at(4_000)), "no other try begins");
    }

    #[test]
    fn looking_for_the_server_does_not_count_for_a_while() {
        let mut patience = Patience::new(at(0), Some(Duration::from_secs(4)));
        for now in (0..5_100).step_by(100) {
            patience.searches(at(now), true);
        }
        assert!(!patience.is_over_by(at(8_999)), "a lookup of five seconds, and four more");
        assert!(patience.is_over_by(at(9_000)));
        patience.searches(at(8_000), false);
        assert!(patience.is_over_by(at(9_000)), "other steps count");
        patience.searches(at(60_000), true);
        assert_eq!(patience.deadline(), Some(at(16_000)), "not for ever");
    }

    #[test]
    fn who_keeps_trying_has_no_deadline() {
        let patience = Patience::new(at(0), None);
        assert_eq!(patience.answer_due(), None);
        assert!(!patience.is_over_by(at(i64::from(u32::MAX))));
    }
}
