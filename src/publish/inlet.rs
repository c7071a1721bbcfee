//! Where packets enter a destination: a bounded channel that never blocks.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};
use mio::Waker;

use super::queue::Lost;
use crate::media::{Packet, TrackConfig};

/// What comes in.
#[derive(Debug, PartialEq)]
pub(super) enum Item {
    /// A track's configuration.
    Config(TrackConfig),
    /// A packet.
    Packet(Packet),
    /// Packets that are missing at this place.
    Gap(Lost),
}

/// Items that may wait: two seconds of picture and sound. The destination's
/// thread empties it at each wake-up; only a machine that stands still fills it.
const ITEMS: usize = 256;

/// The encoders' end. Full: the packet is lost, and as soon as there is room the
/// gap is marked where it is, which drops video up to the next keyframe. A
/// configuration waits for room, before the packets that need it.
#[derive(Clone, Debug)]
pub struct PacketSender {
    items: Sender<Item>,
    /// Packets lost since there was room.
    lost: Lost,
    /// Configurations that wait for room: one a track at most.
    configs: Vec<TrackConfig>,
    waker: Arc<Waker>,
}

impl PacketSender {
    /// Announces a track's configuration.
    pub fn config(&mut self, config: TrackConfig) {
        self.configs.retain(|waiting| waiting.track() != config.track());
        self.configs.push(config);
        self.catch_up();
        self.wake();
    }

    /// Hands a packet over.
    pub fn packet(&mut self, packet: Packet) {
        let track = packet.track;
        if !self.catch_up() || self.items.try_send(Item::Packet(packet)).is_err() {
            self.lost.count(track);
        }
        self.wake();
    }

    /// Sends what has to go before the next packet. False: there is no room.
    fn catch_up(&mut self) -> bool {
        if self.lost != Lost::default() {
            if self.items.try_send(Item::Gap(self.lost)).is_err() {
                return false;
            }
            self.lost = Lost::default();
        }
        while let Some(config) = self.configs.first() {
            if self.items.try_send(Item::Config(config.clone())).is_err() {
                return false;
            }
            self.configs.remove(0);
        }
        true
    }

    fn wake(&self) {
        // A poll that can't be woken looks again at its next deadline.
        let _ = self.waker.wake();
    }
}

/// The destination's end.
#[derive(Debug)]
pub(super) struct Inlet {
    items: Receiver<Item>,
}

impl Inlet {
    pub fn new(waker: Arc<Waker>) -> (PacketSender, Self) {
        let (items, inbox) = bounded(ITEMS);
        let sender = PacketSender { items, lost: Lost::default(), configs: Vec::new(), waker };
        (sender, Self { items: inbox })
    }

    /// The next item, where there is one.
    pub fn next(&self) -> Option<Item> {
        self.items.try_recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use mio::{Poll, Token};

    use super::*;
    use crate::media::{AudioConfig, MediaTime, Track};

    fn packet(track: Track, ms: i64) -> Packet {
        let time = MediaTime::from_millis(ms);
        Packet { track, pts: time, dts: time, keyframe: true, data: Bytes::from_static(b"x") }
    }

    fn config(kbps: u32) -> TrackConfig {
        let specific_config = Bytes::from_static(&[0x11, 0x90]);
        TrackConfig::Audio(AudioConfig { specific_config, sample_rate: 48_000, channels: 2, kbps })
    }

    /// The poll that the waker belongs to, and both ends.
    fn inlet() -> (Poll, PacketSender, Inlet) {
        let poll = Poll::new().expect("a poll");
        let waker = Waker::new(poll.registry(), Token(0)).expect("a waker");
        let (sender, inlet) = Inlet::new(Arc::new(waker));
        (poll, sender, inlet)
    }

    #[test]
    fn a_gap_comes_behind_all_that_precedes_it() {
        let (_poll, mut sender, inlet) = inlet();
        for ms in 0..ITEMS as i64 + 3 {
            sender.packet(packet(Track::Video, ms));
        }
        sender.packet(packet(Track::Audio, 300));
        for ms in 0..ITEMS as i64 {
            assert_eq!(inlet.next(), Some(Item::Packet(packet(Track::Video, ms))));
        }
        assert_eq!(inlet.next(), None, "nothing follows yet");
        sender.packet(packet(Track::Video, 400));
        assert_eq!(inlet.next(), Some(Item::Gap(Lost { video: 3, audio: 1 })));
        assert_eq!(inlet.next(), Some(Item::Packet(packet(Track::Video, 400))));
        sender.packet(packet(Track::Video, 401));
        assert_eq!(inlet.next(), Some(Item::Packet(packet(Track::Video, 401))));
    }

    #[test]
    fn a_header_is_never_lost() {
        let (_poll, mut sender, inlet) = inlet();
        for ms in 0..ITEMS as i64 {
            sender.packet(packet(Track::Video, ms));
        }
        for kbps in [96, 128] {
            sender.config(config(kbps));
        }
        sender.packet(packet(Track::Audio, 1_000));
        while let Some(item) = inlet.next() {
            assert!(matches!(item, Item::Packet(Packet { track: Track::Video, .. })));
        }
        sender.packet(packet(Track::Audio, 1_021));
        assert_eq!(inlet.next(), Some(Item::Gap(Lost { video: 0, audio: 1 })));
        assert_eq!(inlet.next(), Some(Item::Config(config(128))), "the newest of its track");
        assert_eq!(inlet.next(), Some(Item::Packet(packet(Track::Audio, 1_021))));
    }
}
