//! Messages that are longer than many servers take.
//!
//! nginx-rtmp closes, without a word, on a message above 1 MiB unless it is told
//! otherwise; others have limits of their own. A keyframe of a large, busy picture at a
//! high bitrate gets there.

use std::time::Duration;

use crate::media::MediaTime;

/// The longest message that all servers are known to take, in bytes.
const TAKEN_BY_ALL: usize = 1 << 20;

/// A server that does not take a message closes within this time of it.
const SOON: Duration = Duration::from_secs(3);

/// The long messages of one connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Oversize {
    last: Option<(MediaTime, usize)>,
    /// The longest one that the server took.
    taken: usize,
}

impl Oversize {
    /// A message of so many bytes is on its way.
    pub fn sent(&mut self, now: MediaTime, bytes: usize) {
        if bytes <= TAKEN_BY_ALL {
            return;
        }
        if let Some((_, before)) = self.last {
            // The connection outlived it.
            self.taken = self.taken.max(before);
        }
        self.last = Some((now, bytes));
    }

    /// The length of the message that a connection may have ended for just now.
    pub fn suspect(&self, now: MediaTime) -> Option<usize> {
        let (at, bytes) = self.last?;
        (now.since(at) <= SOON && bytes > self.taken).then_some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> MediaTime {
        MediaTime::from_millis(ms)
    }

    #[test]
    fn the_first_message_above_a_mebibyte_is_suspected_for_a_while() {
        let mut messages = Oversize::default();
        messages.sent(at(0), 1 << 20);
        assert_eq!(messages.suspect(at(1)), None, "as long as all take");
        messages.sent(at(2_000), (1 << 20) + 1);
        assert_eq!(messages.suspect(at(2_500)), Some((1 << 20) + 1));
        assert_eq!(messages.suspect(at(6_000)), None);
    }

    #[test]
    fn one_no_longer_than_those_that_were_taken_is_not() {
        let mut messages = Oversize::default();
        for second in 0..10 {
            messages.sent(at(second * 2_000), 1_300_000);
        }
        assert_eq!(messages.suspect(at(18_100)), None);
        messages.sent(at(20_000), 2_500_000);
        assert_eq!(messages.suspect(at(20_100)), Some(2_500_000));
    }
}
