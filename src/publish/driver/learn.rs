//! From the end of a connection to what is done and said about it.

use std::time::Duration;

use super::Driver;
use crate::media::MediaTime;
use crate::publish::lesson::{self, Blame, Lesson, Life};
use crate::publish::status::{Failure, Learnt, State, Step};

impl Driver {
    /// What the end of a connection teaches, and the failure with what is known of it.
    pub(super) fn learn(
        &mut self,
        now: MediaTime,
        lived: Option<Duration>,
        oversized: Option<usize>,
        failure: Failure,
    ) -> (Lesson, Failure) {
        let end = failure.end();
        self.lives.ended(now, lived, end.is_by_server());
        let good = self.lives.good(now);
        // Some services close on fields of `connect` that they do not know; not those that
        // took the stream with them.
        let asked = matches!(self.status.state, State::Connecting(Step::Application));
        let suspected = asked && good.is_none();
        let life = Life {
            lived,
            end,
            said: failure.said(),
            alike: self.lives.alike(),
            good,
            announced: suspected && std::mem::take(&mut self.announce_moves),
            oversized: oversized.is_some(),
        };
        let lesson = lesson::learn(&life);
        let more = match (lesson.blame, oversized) {
            (Blame::Itself, _) | (Blame::Oversized, None) => return (lesson, failure),
            (Blame::Oversized, Some(bytes)) => Learnt::Oversized { bytes },
            (Blame::ForNow, _) => Learnt::ForNow,
            (Blame::EachTime, _) => {
                Learnt::EachTime { times: life.alike + 1, after: lived.unwrap_or_default() }
            }
        };
        (lesson, Failure::Learnt { more, from: Box::new(failure) })
    }
}
