//! Going on where a thread of the same destination died: as after any other break.

use super::{Driver, random};
use crate::media::MediaTime;
use crate::publish::reconnect::Retry;
use crate::publish::status::{End, Failure, State, Status};
use crate::supervise::Part;

impl Driver {
    /// Takes over from a thread whose last status was `before`. Its connection is gone
    /// without a goodbye, so the server keeps the stream's place.
    pub(super) fn resume(&mut self, before: Status) {
        let now = self.now();
        let live = live_for(&before, now);
        (self.lived, self.dropped_before) = (before.live, before.dropped);
        self.patience.live_for(before.live);
        self.status = Status { kbps: 0.0, rtt: None, unacknowledged: None, ..before };
        self.status.breaks += u64::from(live.is_some());
        let reason = Failure::Internal(Part::Publish);
        self.remember(End { at: now, live, reason: reason.clone() });
        if let Some(next) = self.reconnector.failed(now, Retry::Backoff, random()) {
            self.wait(next, reason);
        }
        self.show(now);
    }
}

fn live_for(status: &Status, now: MediaTime) -> Option<std::time::Duration> {
    match status.state {
        State::Live { since } => Some(now.since(since)),
        _ => None,
    }
}
