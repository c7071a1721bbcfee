//! Where packets enter a destination: a bounded channel that never blocks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender, bounded};
use mio::Waker;

use crate::media::{Packet, TrackConfig};

/// What comes in.
#[derive(Debug)]
pub(super) enum Item {
    /// A track's configuration.
    Config(TrackConfig),
    /// A packet.
    Packet(Packet),
}

/// Items that may wait: two seconds of picture and sound. The destination's
/// thread empties it at each wake-up; only a machine that stands still fills it.
const ITEMS: usize = 256;

/// The encoders' end. Full: the packet is lost and a gap is marked, which drops
/// video up to the next keyframe.
#[derive(Clone, Debug)]
pub struct PacketSender {
    items: Sender<Item>,
    gap: Arc<AtomicBool>,
    waker: Arc<Waker>,
}

impl PacketSender {
    /// Announces a track's configuration.
    pub fn config(&self, config: TrackConfig) {
        self.offer(Item::Config(config));
    }

    /// Hands a packet over.
    pub fn packet(&self, packet: Packet) {
        self.offer(Item::Packet(packet));
    }

    fn offer(&self, item: Item) {
        if self.items.try_send(item).is_err() {
            self.gap.store(true, Ordering::Release);
        }
        // A poll that can't be woken looks again at its next deadline.
        let _ = self.waker.wake();
    }
}

/// The destination's end.
#[derive(Debug)]
pub(super) struct Inlet {
    items: Receiver<Item>,
    gap: Arc<AtomicBool>,
}

impl Inlet {
    pub fn new(waker: Arc<Waker>) -> (PacketSender, Self) {
        let (sender, items) = bounded(ITEMS);
        let gap = Arc::new(AtomicBool::new(false));
        (PacketSender { items: sender, gap: Arc::clone(&gap), waker }, Self { items, gap })
    }

    /// The next item, where there is one.
    pub fn next(&self) -> Option<Item> {
        self.items.try_recv().ok()
    }

    /// Whether items were lost since the last call.
    pub fn take_gap(&self) -> bool {
        self.gap.swap(false, Ordering::AcqRel)
    }
}
