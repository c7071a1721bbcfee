//! One encode, many sinks: hands packets to every destination in decode order.
//!
//! Picture and sound come from two threads with different delays; the
//! interleaver puts them in order before anyone sees them.

mod order;
mod shift;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use self::order::Interleaver;
use self::shift::Shifts;
use crate::media::{Packet, TrackConfig};

pub use self::shift::Offsets;

/// Where packets go. Taking one never blocks: a sink that is full marks a gap.
pub trait Sink: Send {
    /// What a decoder must know; before the track's first packet, and again when
    /// it changes.
    fn config(&mut self, config: &TrackConfig);

    /// The next packet in decode order.
    fn packet(&mut self, packet: &Packet);
}

/// The fan-out, shared by the two encoding threads.
#[derive(Default)]
pub struct Fanout {
    state: Mutex<State>,
    keyframe_wanted: AtomicBool,
}

#[derive(Default)]
struct State {
    sinks: Vec<Box<dyn Sink>>,
    configs: Vec<TrackConfig>,
    shifts: Shifts,
    order: Interleaver,
}

impl Fanout {
    /// A fan-out for the tracks that will come.
    pub fn new(video: bool, audio: bool) -> Self {
        let state = State { order: Interleaver::new(video && audio), ..State::default() };
        Self { state: Mutex::new(state), keyframe_wanted: AtomicBool::new(false) }
    }

    /// Adds a sink: it gets the configurations that are known, then what comes.
    /// It asks for a keyframe when it is ready for one.
    pub fn attach(&self, mut sink: Box<dyn Sink>) {
        let mut state = self.lock();
        for config in &state.configs {
            sink.config(config);
        }
        state.sinks.push(sink);
    }

    /// Lets go of all sinks, which ends their channels.
    pub fn detach_all(&self) {
        self.lock().sinks.clear();
    }

    /// Announces a track, or its new configuration.
    pub fn config(&self, config: TrackConfig) {
        let mut state = self.lock();
        state.configs.retain(|known| known.track() != config.track());
        for sink in &mut state.sinks {
            sink.config(&config);
        }
        state.configs.push(config);
    }

    /// Takes an encoded packet and hands on those whose turn has come.
    pub fn packet(&self, mut packet: Packet) {
        let mut state = self.lock();
        state.shifts.apply(&mut packet);
        let apart = state.shifts.apart();
        state.order.set_apart(apart);
        state.order.push(packet);
        while let Some(next) = state.order.pop() {
            for sink in &mut state.sinks {
                sink.packet(&next);
            }
        }
    }

    /// How far each track is to be moved in time; reached little by little.
    pub fn set_offsets(&self, offsets: Offsets) {
        self.lock().shifts.set(offsets);
    }

    /// How much longer than its sound a picture is on its way by intention.
    pub fn picture_waits(&self) -> Duration {
        self.lock().shifts.now().picture_waits()
    }

    /// Asks the video encoder for a keyframe.
    pub fn want_keyframe(&self) {
        self.keyframe_wanted.store(true, Ordering::Release);
    }

    /// Whether a keyframe was asked for since the last call.
    pub fn take_keyframe_wish(&self) -> bool {
        self.keyframe_wanted.swap(false, Ordering::AcqRel)
    }

    /// A panic in a sink leaves whole packets behind: going on is safe.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{MediaTime, Track};
    use bytes::Bytes;
    use std::sync::Arc;

    fn packet(track: Track, ms: i64) -> Packet {
        let time = MediaTime::from_millis(ms);
        Packet { track, pts: time, dts: time, keyframe: true, data: Bytes::from_static(b"x") }
    }

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<i64>>>);

    impl Sink for Kept {
        fn config(&mut self, _: &TrackConfig) {}
        fn packet(&mut self, packet: &Packet) {
            self.0.lock().unwrap().push(packet.dts.as_millis());
        }
    }

    #[test]
    fn late_sound_goes_before_the_later_picture() {
        let (fanout, kept) = (Fanout::new(true, true), Kept::default());
        fanout.attach(Box::new(kept.clone()));
        for ms in [0, 33, 66] {
            fanout.packet(packet(Track::Video, ms));
        }
        assert!(kept.0.lock().unwrap().is_empty(), "waits for the sound");
        for ms in [0, 21, 43] {
            fanout.packet(packet(Track::Audio, ms));
        }
        assert_eq!(*kept.0.lock().unwrap(), [0, 0, 21, 33, 43]);
    }

    #[test]
    fn a_track_that_stops_does_not_stop_the_other() {
        let (fanout, kept) = (Fanout::new(true, true), Kept::default());
        fanout.attach(Box::new(kept.clone()));
        for ms in (0..600).step_by(33) {
            fanout.packet(packet(Track::Video, ms));
        }
        let last = *kept.0.lock().unwrap().last().unwrap();
        assert!(last >= 300, "goes on at most 200 ms behind, was at {last}");
    }

    #[test]
    fn a_track_that_is_moved_in_time_holds_the_other() {
        let (fanout, kept) = (Fanout::new(true, true), Kept::default());
        fanout.attach(Box::new(kept.clone()));
        fanout.set_offsets(Offsets { picture_us: 1_000_000, sound_us: 0 });
        for ms in (0..=900).step_by(100) {
            fanout.packet(packet(Track::Video, ms));
        }
        assert!(kept.0.lock().unwrap().is_empty(), "the sound of its time is still to come");
        for ms in (0..=1_950).step_by(50) {
            fanout.packet(packet(Track::Audio, ms));
        }
        let kept = kept.0.lock().unwrap();
        assert!(kept.is_sorted(), "{kept:?}");
        assert_eq!(kept.iter().filter(|ms| **ms == 1_000).count(), 2, "with its picture: {kept:?}");
    }

    #[test]
    fn a_single_track_never_waits() {
        let (fanout, kept) = (Fanout::new(true, false), Kept::default());
        fanout.attach(Box::new(kept.clone()));
        fanout.packet(packet(Track::Video, 0));
        assert_eq!(*kept.0.lock().unwrap(), [0]);
    }

    #[test]
    fn a_keyframe_is_asked_for_once() {
        let fanout = Fanout::new(true, true);
        fanout.want_keyframe();
        fanout.want_keyframe();
        assert!(fanout.take_keyframe_wish());
        assert!(!fanout.take_keyframe_wish());
    }
}
