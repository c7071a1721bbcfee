//! What a destination is told while it runs. Nothing waits in line: of each kind of
//! order the newest counts, so that none is ever lost behind others.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Orders that were given and not yet taken.
#[derive(Debug, Default)]
pub struct Orders {
    stop: AtomicBool,
    reconnect: AtomicBool,
    /// In kbit/s; 0: none.
    video_kbps: AtomicU32,
}

impl Orders {
    /// Ends the stream. Never taken back.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    /// Whether the stream is to end.
    pub fn is_to_stop(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// Tries now instead of waiting.
    pub fn reconnect_now(&self) {
        self.reconnect.store(true, Ordering::Release);
    }

    /// Whether to try now; said once.
    pub fn take_reconnect(&self) -> bool {
        self.reconnect.swap(false, Ordering::AcqRel)
    }

    /// Another bitrate to aim at.
    pub fn set_video_kbps(&self, kbps: u32) {
        self.video_kbps.store(kbps, Ordering::Release);
    }

    /// The bitrate to aim at from now on; said once.
    pub fn take_video_kbps(&self) -> Option<u32> {
        Some(self.video_kbps.swap(0, Ordering::AcqRel)).filter(|&kbps| kbps != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_heard_behind_any_number_of_orders() {
        let orders = Orders::default();
        for kbps in 1..=1_000 {
            orders.set_video_kbps(kbps);
            orders.reconnect_now();
        }
        orders.stop();
        assert!(orders.is_to_stop() && orders.is_to_stop());
        assert_eq!((orders.take_video_kbps(), orders.take_video_kbps()), (Some(1_000), None));
        assert_eq!((orders.take_reconnect(), orders.take_reconnect()), (true, false));
    }
}
