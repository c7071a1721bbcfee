//! Moves the tracks in time, so that sound and picture of one moment meet.

use std::time::Duration;

use crate::media::{MediaTime, Packet, Track};

/// How far each track is moved, in µs: later where positive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offsets {
    /// Of the picture.
    pub picture_us: i64,
    /// Of the sound.
    pub sound_us: i64,
}

impl Offsets {
    /// What is known of devices is believed up to this, in µs.
    const KNOWN_US: i64 = 400_000;

    /// Lets picture and sound of one moment meet: the picture was `age` old when it was
    /// due, the sound was captured `latency` before its time, and by hand both are to
    /// come later by so many ms. What is to come earlier holds the other.
    pub fn of([picture_ms, sound_ms]: [i32; 2], age: Duration, latency: Duration) -> Self {
        let held = 0.max(-picture_ms).max(-sound_ms);
        let us = |ms: i32| i64::from(ms + held) * 1_000;
        let micros = |time: Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        let known = micros(age).saturating_sub(micros(latency));
        let known = known.clamp(-Self::KNOWN_US, Self::KNOWN_US);
        Self { picture_us: us(picture_ms), sound_us: us(sound_ms) + known }
    }

    /// How much longer than its sound a picture is on its way by these.
    pub fn picture_waits(&self) -> Duration {
        let micros = self.picture_us - self.sound_us;
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }
}

/// The tracks' shifts, by track.
#[derive(Debug, Default)]
pub(super) struct Shifts([Shift; 2]);

/// One track's shift: what is wanted is reached little by little, for a jump would
/// be seen or heard.
#[derive(Debug, Default)]
struct Shift {
    wanted: i64,
    /// What is applied, and the time of the packet it was last applied to.
    applied: Option<(i64, MediaTime)>,
}

impl Shifts {
    /// Changes what is wanted.
    pub fn set(&mut self, offsets: Offsets) {
        self.0[Track::Video as usize].wanted = offsets.picture_us;
        self.0[Track::Audio as usize].wanted = offsets.sound_us;
    }

    /// Moves a packet.
    pub fn apply(&mut self, packet: &mut Packet) {
        let by = self.0[packet.track as usize].at(packet.dts);
        for time in [&mut packet.pts, &mut packet.dts] {
            *time = MediaTime::from_micros(time.as_micros().saturating_add(by));
        }
    }

    /// How the tracks are moved just now.
    pub fn now(&self) -> Offsets {
        let [picture_us, sound_us] = [Track::Video, Track::Audio].map(|track| {
            let shift = &self.0[track as usize];
            shift.applied.map_or(shift.wanted, |(by, _)| by)
        });
        Offsets { picture_us, sound_us }
    }

    /// How far apart the tracks are moved just now.
    pub fn apart(&self) -> Duration {
        let now = self.now();
        Duration::from_micros(now.picture_us.abs_diff(now.sound_us))
    }
}

impl Shift {
    /// A packet's time is stretched or shortened by one part in so many at most.
    const SLOWNESS: i64 = 50;
    /// A gap counts as no longer than this, in µs.
    const GAP_US: i64 = 1_000_000;

    fn at(&mut self, time: MediaTime) -> i64 {
        let by = match self.applied {
            None => self.wanted,
            Some((by, before)) => {
                let step = time.micros_from(before).clamp(0, Self::GAP_US) / Self::SLOWNESS;
                by + (self.wanted - by).clamp(-step, step)
            }
        };
        self.applied = Some((by, time));
        by
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_delays_cancel_and_what_is_to_come_earlier_holds_the_other() {
        let ms = Duration::from_millis;
        for (by_hand, age, latency, picture, sound) in [
            ([0, 0], 0, 0, 0, 0),
            ([0, 0], 100, 40, 0, 60),
            ([0, 0], 10, 85, 0, -75),
            ([0, 0], 10_000, 0, 0, 400),
            ([120, 0], 0, 0, 120, 0),
            ([0, 250], 30, 50, 0, 230),
            ([-300, 0], 0, 0, 0, 300),
            ([0, -80], 20, 0, 80, 20),
            ([-2_000, 2_000], 0, 0, 0, 4_000),
            ([-50, -80], 0, 0, 30, 0),
        ] {
            let offsets = Offsets::of(by_hand, ms(age), ms(latency));
            let expected = Offsets { picture_us: picture * 1_000, sound_us: sound * 1_000 };
            assert_eq!(offsets, expected, "{by_hand:?} {age} {latency}");
        }
    }

    #[test]
    fn the_first_packet_is_moved_at_once_and_changes_are_slow() {
        let mut shift = Shift { wanted: 40_000, ..Shift::default() };
        let at = |shift: &mut Shift, ms| shift.at(MediaTime::from_millis(ms));
        assert_eq!(at(&mut shift, 1_000), 40_000);
        shift.wanted = -10_000;
        assert_eq!(at(&mut shift, 1_020), 39_600, "a fiftieth of the time that passes");
        assert_eq!(at(&mut shift, 1_520), 29_600);
        assert_eq!(at(&mut shift, 60_000), 9_600, "a gap is no leave to jump");
        let times: Vec<i64> =
            (0..100).map(|n| 60_000_000 + n * 20_000 + at(&mut shift, 60_000 + n * 20)).collect();
        assert!(times.is_sorted(), "time never falls");
        assert_eq!(at(&mut shift, 62_000), -10_000);
    }
}
