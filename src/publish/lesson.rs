//! What the end of a connection teaches: whether to try again and how soon, and what
//! to say of it.
//!
//! One pure table, [`learn`], from what the last life was like to a [`Lesson`]. What
//! has to be remembered from life to life is counted by [`Lives`].

use std::time::Duration;

use super::reconnect::Retry;
use crate::media::MediaTime;
use crate::protocol::rtmp::error::IN_EARNEST;

/// A connection's life, as far as it matters for the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// How long the stream was live; `None`: never.
    pub lived: Option<Duration>,
    /// How it ended.
    pub end: End,
    /// What the server said of it.
    pub said: Said,
    /// How many lives right before it the server ended after about the same time.
    pub alike: u32,
    /// How long ago the stream was live in earnest for the last time; `None`: never.
    pub good: Option<Duration>,
    /// `connect` announced more than the oldest servers know, and was all that was
    /// asked.
    pub announced: bool,
    /// A message longer than many servers take had just been sent.
    pub oversized: bool,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// This computer or this program can't go on.
    Ours,
    /// This computer's network is another one, or the server sent us elsewhere.
    Elsewhere,
    /// The host is there and nothing listens.
    PortClosed,
    /// No way there, no answer, or nothing gets through.
    Silence,
    /// What answers is not the server: it speaks something else, or shows another
    /// certificate.
    NotTheServer,
    /// Broken by the server or something on the way.
    Reset,
    /// What the server sent makes no sense.
    Garbled,
    /// The server closed.
    Closed,
    /// The server refused, or ended the stream in words.
    Refused,
}

impl End {
    /// Whether the server ended it, or something close to it.
    pub fn is_by_server(self) -> bool {
        matches!(self, Self::Closed | Self::Reset | Self::Refused)
    }
}

/// What a server said of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Nothing.
    Nothing,
    /// The key is in use, or may be.
    InUse,
    /// The key is no good.
    BadKey,
    /// There is no such application, or the user may not come in.
    NoWayIn,
    /// It has trouble of its own.
    Trouble,
    /// Anything else.
    Other,
}

/// What follows from a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// Whether to try again, and at which pace.
    pub retry: Retry,
    /// What to say of it.
    pub blame: Blame,
}

/// Which sentence, and which remedy with it, an end gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// Those of the failure itself.
    Itself,
    /// The failure's sentence; but the stream was good a moment ago, so the remedy is
    /// to wait.
    ForNow,
    /// The server closes each time after about as long.
    EachTime,
    /// The message was too long for the server.
    Oversized,
}

/// A refusal so soon after a good stream may pass, whatever its code says: a service
/// that restarts, a place that is still taken.
pub const GRACE: Duration = Duration::from_secs(90);

/// After so many lives of about the same length their end is a rule.
const A_RULE: u32 = 2;

/// Lives shorter than this are not begun again at once when their end is a rule: two
/// publishers with one key would throw each other out without rest.
const BRIEF: Duration = Duration::from_secs(30);

/// What a life teaches. The first row that fits counts.
pub fn learn(life: &Life) -> Lesson {
    let ran = life.lived.is_some_and(|lived| lived >= IN_EARNEST);
    let silently = life.end.is_by_server() && life.said == Said::Nothing;
    let is_rule = ran && life.end.is_by_server() && life.alike >= A_RULE;
    let (retry, blame) = match (life.end, life.said) {
        (End::Ours, _) => (Retry::Never, Blame::Itself),
        (End::Elsewhere, _) => (Retry::Now, Blame::Itself),
        (End::PortClosed, _) => (Retry::Soon, Blame::Itself),
        (End::Closed | End::Reset | End::Garbled, _)
        | (End::Refused, Said::Other | Said::Trouble)
            if life.announced =>
        {
            (Retry::Now, Blame::Itself)
        }
        _ if silently && life.oversized => (Retry::Backoff, Blame::Oversized),
        _ if silently && is_rule => (pace_of_rule(life.lived), Blame::EachTime),
        (_, Said::InUse | Said::Trouble) if !ran => (Retry::Backoff, Blame::Itself),
        (End::Refused | End::Closed, _) if is_rule => (pace_of_rule(life.lived), Blame::Itself),
        (End::Refused, Said::Trouble | Said::Nothing) => (Retry::Now, Blame::Itself),
        (End::Refused, Said::InUse) => (Retry::Backoff, Blame::Itself),
        (End::Refused, _) if is_within_grace(life.good) => (Retry::Backoff, Blame::ForNow),
        (End::Refused, _) => (Retry::Never, Blame::Itself),
        (End::NotTheServer, _) if life.good.is_some() => (Retry::Backoff, Blame::Itself),
        (End::NotTheServer, _) => (Retry::Never, Blame::Itself),
        (End::Closed, _) if ran => (Retry::Now, Blame::Itself),
        (End::Silence | End::Garbled | End::Reset | End::Closed, _) => {
            (Retry::Backoff, Blame::Itself)
        }
    };
    Lesson { retry, blame }
}

fn pace_of_rule(lived: Option<Duration>) -> Retry {
    if lived.is_some_and(|lived| lived < BRIEF) { Retry::Slow } else { Retry::Now }
}

fn is_within_grace(good: Option<Duration>) -> bool {
    good.is_some_and(|ago| ago <= GRACE)
}

/// Remembers how long streams lived that the server ended, and when one was last good.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lives {
    last: Option<Duration>,
    alike: u32,
    good: Option<MediaTime>,
}

impl Lives {
    /// Longer lives have nothing in common but that they ended.
    const SHORT: Duration = Duration::from_secs(300);
    /// Lives that differ by less are of the same length, or by less than a quarter.
    const SAME: Duration = Duration::from_secs(3);

    /// A connection has ended on which the stream was live for so long, if it was.
    pub fn ended(&mut self, now: MediaTime, lived: Option<Duration>, by_server: bool) {
        let Some(lived) = lived else { return };
        if lived >= IN_EARNEST {
            self.good = Some(now);
        }
        let counts = by_server && lived < Self::SHORT;
        let same = |last: Duration| last.abs_diff(lived) <= Self::SAME.max(last / 4);
        self.alike = if counts && self.last.is_some_and(same) { self.alike + 1 } else { 0 };
        self.last = counts.then_some(lived);
    }

    /// How many lives before the last one were of its length, without another between.
    pub fn alike(&self) -> u32 {
        self.alike
    }

    /// How long ago the stream was live in earnest.
    pub fn good(&self, now: MediaTime) -> Option<Duration> {
        self.good.map(|good| now.since(good))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Blame::{EachTime, ForNow, Itself, Oversized};
    use Retry::{Backoff, Never, Now, Slow, Soon};

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    /// A life that never came to be, of a destination that never was good.
    fn never(end: End, said: Said) -> Life {
        let (lived, good) = (None, None);
        Life { lived, end, said, alike: 0, good, announced: false, oversized: false }
    }

    /// A life of a good destination.
    fn lived(time: f64, end: End, said: Said, alike: u32) -> Life {
        let lived = Some(seconds(time));
        Life { lived, alike, good: Some(Duration::ZERO), ..never(end, said) }
    }

    fn good(ago: f64, life: Life) -> Life {
        Life { good: Some(seconds(ago)), ..life }
    }

    fn announced(life: Life) -> Life {
        Life { announced: true, ..life }
    }

    fn oversized(life: Life) -> Life {
        Life { oversized: true, ..life }
    }

    #[test]
    fn row_by_row() {
        use End::{Closed, Elsewhere, Garbled, NotTheServer, Ours, PortClosed, Refused, Reset};
        use Said::{BadKey, InUse, NoWayIn, Nothing, Other, Trouble};
        let silence = End::Silence;
        for (life, retry, blame) in [
            // Before the stream was ever good.
            (never(Ours, Nothing), Never, Itself),
            (never(Elsewhere, Nothing), Now, Itself),
            (never(PortClosed, Nothing), Soon, Itself),
            (never(silence, Nothing), Backoff, Itself),
            (never(NotTheServer, Nothing), Never, Itself),
            (never(Reset, Nothing), Backoff, Itself),
            (never(Garbled, Nothing), Backoff, Itself),
            (never(Closed, Nothing), Backoff, Itself),
            (never(Closed, InUse), Backoff, Itself),
            (never(Refused, InUse), Backoff, Itself),
            (never(Refused, Trouble), Backoff, Itself),
            (never(Refused, BadKey), Never, Itself),
            (never(Refused, NoWayIn), Never, Itself),
            (never(Refused, Other), Never, Itself),
            // What was announced may be why; silence may only be slow.
            (announced(never(Closed, Nothing)), Now, Itself),
            (announced(never(Reset, Nothing)), Now, Itself),
            (announced(never(Garbled, Nothing)), Now, Itself),
            (announced(never(Refused, Other)), Now, Itself),
            (announced(never(Refused, NoWayIn)), Never, Itself),
            (announced(never(silence, Nothing)), Backoff, Itself),
            // The stream was good a moment ago: whatever the code says, it may pass.
            (good(1.0, never(Refused, Other)), Backoff, ForNow),
            (good(1.0, never(Refused, BadKey)), Backoff, ForNow),
            (good(89.0, never(Refused, NoWayIn)), Backoff, ForNow),
            (good(91.0, never(Refused, Other)), Never, Itself),
            (good(91.0, never(Refused, InUse)), Backoff, Itself),
            (good(9_000.0, never(NotTheServer, Nothing)), Backoff, Itself),
            (good(9_000.0, never(PortClosed, Nothing)), Soon, Itself),
            (good(1.0, never(Ours, Nothing)), Never, Itself),
            // The end of a stream that ran.
            (lived(60.0, Closed, Nothing, 0), Now, Itself),
            (lived(60.0, Refused, Nothing, 0), Now, Itself),
            (lived(60.0, Refused, Trouble, 0), Now, Itself),
            (lived(60.0, Refused, InUse, 0), Backoff, Itself),
            (lived(60.0, Refused, BadKey, 0), Backoff, ForNow),
            (lived(60.0, Reset, Nothing, 0), Backoff, Itself),
            (lived(60.0, silence, Nothing, 9), Backoff, Itself),
            (lived(60.0, Elsewhere, Nothing, 9), Now, Itself),
            // Allowed to start and closed at once is no stream that ran.
            (lived(0.5, Closed, Nothing, 0), Backoff, Itself),
            (lived(0.5, Closed, Nothing, 9), Backoff, Itself),
            // Again and again after about as long.
            (lived(5.0, Closed, Nothing, 1), Now, Itself),
            (lived(5.0, Closed, Nothing, 2), Slow, EachTime),
            (lived(5.0, Reset, Nothing, 2), Slow, EachTime),
            (lived(60.0, Closed, Nothing, 2), Now, EachTime),
            (lived(5.0, Refused, InUse, 2), Slow, Itself),
            (lived(5.0, Closed, Other, 2), Slow, Itself),
            (lived(60.0, Refused, Other, 2), Now, Itself),
            // Right after a long message.
            (oversized(lived(60.0, Reset, Nothing, 0)), Backoff, Oversized),
            (oversized(lived(0.1, Closed, Nothing, 5)), Backoff, Oversized),
            (oversized(lived(60.0, Refused, InUse, 0)), Backoff, Itself),
            (oversized(lived(60.0, silence, Nothing, 0)), Backoff, Itself),
        ] {
            assert_eq!(learn(&life), Lesson { retry, blame }, "{life:?}");
        }
    }

    /// Lives in seconds, each ended by the server, and how many before were alike.
    fn alike(lives: &[f64]) -> Vec<u32> {
        let mut counted = Lives::default();
        let count = |time: &f64| {
            counted.ended(MediaTime::ZERO, Some(seconds(*time)), true);
            counted.alike()
        };
        lives.iter().map(count).collect()
    }

    #[test]
    fn lives_of_about_the_same_length_are_counted() {
        assert_eq!(alike(&[5.0, 4.0, 6.5, 5.0]), [0, 1, 2, 3]);
        assert_eq!(alike(&[60.0, 61.0, 5.0, 6.0]), [0, 1, 0, 1]);
        assert_eq!(alike(&[100.0, 120.0, 101.0]), [0, 1, 2], "within a quarter");
        assert_eq!(alike(&[3_600.0, 3_600.0, 3_600.0]), [0, 0, 0]);
    }

    #[test]
    fn tries_between_change_nothing_and_a_break_on_the_way_does() {
        let mut lives = Lives::default();
        let at = MediaTime::from_millis;
        assert_eq!(lives.good(at(0)), None);
        lives.ended(at(1_000), Some(seconds(1.0)), true);
        assert_eq!(lives.good(at(1_000)), None, "it never was there in earnest");
        lives.ended(at(5_000), Some(seconds(4.0)), true);
        lives.ended(at(6_000), None, true);
        assert_eq!((lives.alike(), lives.good(at(7_000))), (1, Some(seconds(2.0))));
        lives.ended(at(9_000), Some(seconds(4.0)), false);
        assert_eq!(lives.alike(), 0);
        lives.ended(at(15_000), Some(seconds(4.0)), true);
        assert_eq!(lives.alike(), 0);
    }
}
