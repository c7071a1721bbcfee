//! Which addresses a name has: what the resolver says, and what it said before.
//!
//! A lookup belongs to the destination, not to a try: its answer counts whenever it
//! comes, for the try that runs by then or for the next one. What a name was known by
//! is used while the resolver is silent or fails.

use std::net::SocketAddr;
use std::time::Duration;

use crate::media::MediaTime;

/// A try waits for an answer for this long: a resolver whose first name server is dead
/// asks the second after five seconds, as resolv.conf has it.
pub const PATIENCE: Duration = Duration::from_secs(8);

/// A lookup that takes longer gets a second one beside it: it keeps to the name servers
/// that the system had when it began.
const OVERDUE: Duration = Duration::from_secs(4);

/// Lookups of one name at a time; each holds a thread.
const LOOKUPS: usize = 4;

/// While the resolver is silent, known addresses are used after this time.
const KNOWN_AFTER: Duration = Duration::from_secs(1);

/// An answer that no try has used yet is used without a new lookup, for this long.
const FRESH: Duration = Duration::from_secs(30);

/// What a try is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing yet.
    Wait,
    /// Connect to these.
    Use(Vec<SocketAddr>),
    /// The name has no address, and never had one.
    NotFound,
}

/// One name.
#[derive(Debug, Default)]
pub struct Name {
    /// Lookups under way.
    running: usize,
    /// When the newest of them began.
    asked: MediaTime,
    /// The last addresses that the resolver gave.
    known: Vec<SocketAddr>,
    /// When it gave them, until a try uses them.
    fresh: Option<MediaTime>,
    /// All lookups of this try have ended without an address.
    failed: bool,
}

impl Name {
    /// A try begins.
    pub fn begin(&mut self) {
        self.failed = false;
    }

    /// Whether a lookup is to be started for the try that begins or waits. The caller
    /// starts it.
    pub fn ask(&mut self, now: MediaTime) -> bool {
        let overdue = self.running < LOOKUPS && now.since(self.asked) >= OVERDUE;
        let wanted = !self.is_fresh(now) && (self.running == 0 || overdue);
        if wanted {
            self.running += 1;
            self.asked = now;
        }
        wanted
    }

    /// A lookup has ended; without addresses it has failed.
    pub fn answered(&mut self, now: MediaTime, addresses: Vec<SocketAddr>) {
        self.running = self.running.saturating_sub(1);
        if addresses.is_empty() {
            // Another lookup that still runs may know more.
            self.failed = self.running == 0 && self.fresh.is_none();
        } else {
            self.known = addresses;
            self.fresh = Some(now);
            self.failed = false;
        }
    }

    /// What a try that began at `since` does now.
    pub fn answer(&mut self, now: MediaTime, since: MediaTime) -> Answer {
        let fresh = self.is_fresh(now);
        let known = !self.known.is_empty();
        if fresh || known && (self.failed || now.since(since) >= KNOWN_AFTER) {
            self.fresh = None;
            return Answer::Use(self.known.clone());
        }
        if self.failed { Answer::NotFound } else { Answer::Wait }
    }

    /// When a try that began at `since` is to ask again without an answer.
    pub fn due(&self, since: MediaTime) -> Option<MediaTime> {
        (!self.known.is_empty()).then(|| since + KNOWN_AFTER)
    }

    fn is_fresh(&self, now: MediaTime) -> bool {
        self.fresh.is_some_and(|came| now.since(came) < FRESH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> MediaTime {
        MediaTime::from_millis(ms)
    }

    /// A try begins: whether a lookup is started for it.
    fn begin(name: &mut Name, now: i64) -> bool {
        name.begin();
        name.ask(at(now))
    }

    fn address(last: u8) -> Vec<SocketAddr> {
        vec![([192, 0, 2, last], 1935).into()]
    }

    /// A name whose only lookup has answered, and whose answer a try has used.
    fn known() -> Name {
        let mut name = Name::default();
        assert!(begin(&mut name, 0));
        name.answered(at(10), address(1));
        assert_eq!(name.answer(at(10), at(0)), Answer::Use(address(1)));
        name
    }

    #[test]
    fn a_late_answer_is_used_by_the_try_that_runs_or_by_the_next() {
        for (ends, answers, next) in [(8_000, 6_000, 8_500), (8_000, 8_200, 8_500)] {
            let mut name = Name::default();
            assert!(begin(&mut name, 0));
            let mut used = None;
            for now in (0..ends).step_by(100) {
                if now == answers {
                    name.answered(at(now), address(1));
                }
                used = used.or(match name.answer(at(now), at(0)) {
                    Answer::Use(_) => Some(now),
                    other => {
                        assert_eq!(other, Answer::Wait);
                        None
                    }
                });
            }
            if answers < ends {
                assert_eq!(used, Some(answers));
                continue;
            }
            name.answered(at(answers), address(1));
            assert!(!begin(&mut name, next), "the answer is there already");
            assert_eq!(name.answer(at(next), at(next)), Answer::Use(address(1)));
        }
    }

    #[test]
    fn a_try_joins_the_lookup_under_way_and_an_overdue_one_gets_company() {
        let mut name = Name::default();
        assert!(begin(&mut name, 0));
        assert!(!begin(&mut name, 3_900), "it may answer any moment");
        assert!(name.ask(at(4_000)), "the network may be another one");
        assert!(!name.ask(at(4_100)), "one at a time");
        name.answered(at(5_100), Vec::new());
        assert_eq!(name.answer(at(5_100), at(3_900)), Answer::Wait, "one still runs");
        name.answered(at(6_000), address(2));
        assert_eq!(name.answer(at(6_000), at(3_900)), Answer::Use(address(2)));
    }

    #[test]
    fn a_resolver_that_never_answers_holds_few_threads() {
        let mut name = Name::default();
        let started = (0..100).filter(|n| begin(&mut name, n * 10_000)).count();
        assert_eq!(started, LOOKUPS);
    }

    #[test]
    fn known_addresses_serve_while_the_resolver_fails_or_is_silent() {
        let mut name = known();
        assert!(begin(&mut name, 60_000), "they are asked for anew");
        assert_eq!(name.answer(at(60_999), at(60_000)), Answer::Wait);
        assert_eq!(name.due(at(60_000)), Some(at(61_000)));
        assert_eq!(name.answer(at(61_000), at(60_000)), Answer::Use(address(1)));
        name.answered(at(62_000), Vec::new());
        assert!(begin(&mut name, 63_000));
        name.answered(at(63_001), Vec::new());
        assert_eq!(name.answer(at(63_001), at(63_000)), Answer::Use(address(1)));
    }

    #[test]
    fn a_new_answer_replaces_the_known_one_and_a_used_one_is_asked_for_anew() {
        let mut name = known();
        assert!(begin(&mut name, 60_000));
        name.answered(at(60_010), address(2));
        assert_eq!(name.answer(at(60_010), at(60_000)), Answer::Use(address(2)));
        assert!(begin(&mut name, 61_000));
        name.answered(at(61_010), address(3));
        assert!(begin(&mut name, 61_010 + FRESH.as_millis() as i64), "too old to go by");
    }

    #[test]
    fn a_name_that_nobody_knows_is_said_so_at_once_and_asked_for_at_each_try() {
        let mut name = Name::default();
        for now in [0, 600, 1_700] {
            assert!(begin(&mut name, now));
            name.answered(at(now + 20), Vec::new());
            assert_eq!(name.answer(at(now + 20), at(now)), Answer::NotFound);
        }
    }
}
