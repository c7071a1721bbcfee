//! How long bytes take to the server and its acknowledgement back.

use std::collections::VecDeque;
use std::time::Duration;

use crate::media::MediaTime;

/// Writes remembered. Servers that never acknowledge make no more than this.
const MAX_MARKS: usize = 500;

/// When the socket took which byte.
#[derive(Debug, Default)]
pub(super) struct Marks {
    marks: VecDeque<(u64, MediaTime)>,
}

impl Marks {
    /// The socket has now taken `sent` bytes in all.
    pub fn on_sent(&mut self, sent: u64, now: MediaTime) {
        if self.marks.len() == MAX_MARKS {
            self.marks.pop_front();
        }
        self.marks.push_back((sent, now));
    }

    /// The server has received `acknowledged` bytes in all: how long ago did the
    /// socket take the last of them?
    pub fn on_acknowledged(&mut self, acknowledged: u64, now: MediaTime) -> Option<Duration> {
        let passed = self.marks.partition_point(|&(sent, _)| sent < acknowledged);
        let taken = self.marks.get(passed).map(|&(_, time)| now.since(time));
        self.marks.drain(..passed);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(ms: i64) -> MediaTime {
        MediaTime::from_millis(ms)
    }

    #[test]
    fn the_delay_is_that_of_the_write_with_the_last_byte() {
        let mut marks = Marks::default();
        for i in 1..=10 {
            marks.on_sent(i * 1_000, at(i as i64 * 10));
        }
        assert_eq!(marks.on_acknowledged(2_500, at(100)), Some(Duration::from_millis(70)));
        assert_eq!(marks.on_acknowledged(3_000, at(100)), Some(Duration::from_millis(70)));
        assert_eq!(marks.on_acknowledged(10_000, at(130)), Some(Duration::from_millis(30)));
        assert_eq!(marks.on_acknowledged(10_001, at(130)), None);
    }

    #[test]
    fn marks_are_bounded() {
        let mut marks = Marks::default();
        for i in 0..10_000 {
            marks.on_sent(i, at(0));
        }
        assert_eq!(marks.marks.len(), MAX_MARKS);
    }
}
