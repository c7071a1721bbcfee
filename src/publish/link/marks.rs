//! When which byte was sent.

use std::collections::VecDeque;

use crate::media::MediaTime;

/// Totals sent and when, of what has not come back yet. Bounded: marks are some
/// kilobytes apart, and further when there are many.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Oldest first.
    marks: VecDeque<(u64, MediaTime)>,
    /// The newest total marked.
    newest: u64,
}

impl Marks {
    /// Marks kept at most.
    pub(super) const MOST: usize = 500;

    /// Bytes from one mark to the next at least.
    const SPACING: u64 = 4_096;

    /// So many bytes have been sent in all.
    pub(super) fn sent(&mut self, now: MediaTime, total: u64) {
        if total < self.newest + Self::SPACING {
            return;
        }
        if self.marks.len() == Self::MOST {
            self.thin_out();
        }
        self.marks.push_back((total, now));
        self.newest = total;
    }

    /// All up to `total` came back; when the last marked byte of it was sent.
    pub(super) fn passed(&mut self, total: u64) -> Option<MediaTime> {
        let mut sent = None;
        while let Some((at, when)) = self.marks.front().copied() {
            if at > total {
                break;
            }
            self.marks.pop_front();
            sent = Some(when);
        }
        sent
    }

    /// When the byte after so many was sent, or one little after it.
    pub(super) fn sent_after(&self, total: u64) -> Option<MediaTime> {
        self.marks.iter().find(|(at, _)| *at > total).map(|(_, when)| *when)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.marks.len()
    }

    /// Lets go of every other mark.
    fn thin_out(&mut self) {
        let mut keep = false;
        self.marks.retain(|_| {
            keep = !keep;
            keep
        });
    }
}
