//! What to give up when the encoder is too slow.
//!
//! An encoder that can't keep up costs frames at random; giving up on purpose
//! looks better. First its work is shared among processors, which costs nothing
//! that anyone sees, then it works less hard, which costs a little quality, then
//! frames are left out evenly. All comes back when there is room, less eagerly
//! each time that it turns out there was none.
//!
//! Frames can be late though the encoder is quick, when other programs keep the
//! machine busy. Leaving out more of them would not help; that is not done.

use std::time::Duration;

use crate::media::{Effort, MediaTime};

/// How the encoder is to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// How hard it works for a given quality.
    pub effort: Effort,
    /// One frame of so many is encoded.
    pub divisor: u32,
}

/// What a change of level is about, for a notice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Too slow: something was given up.
    Down {
        /// Time that a frame took, against the time that there is for one.
        load: f64,
        /// The level from now on.
        level: Level,
    },
    /// There is room again.
    Up {
        /// The level from now on.
        level: Level,
    },
}

/// What the encoder did in the last second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Work {
    /// Frames that it should have encoded at the present divisor.
    pub due: u32,
    /// Of these, frames that it was too late for.
    pub late: u32,
    /// Time spent encoding.
    pub busy: Duration,
}

impl Work {
    /// Share of the second spent encoding.
    fn load(&self) -> f64 {
        self.busy.as_secs_f64()
    }

    /// Whether frames are lost that were to be encoded.
    fn is_late(&self) -> bool {
        self.late > 1 && self.late * 20 > self.due
    }

    /// Whether the encoder can't go on like this.
    fn is_too_much(&self) -> bool {
        self.load() > 0.9 || (self.is_late() && self.load() > 0.6)
    }
}

/// Decides the level of one encoder.
#[derive(Debug)]
pub struct Overload {
    /// Place in [`Overload::LEVELS`].
    place: usize,
    /// Seconds in a row that were too much, or that had room.
    too_much: u32,
    room: u32,
    /// Seconds of room that are asked for before the next step up.
    patience: u32,
    /// When it last went up.
    up: Option<MediaTime>,
}

impl Overload {
    /// From best to least. The load at each, relative to the first, is a guess on
    /// the safe side: by it is judged whether there is room for the one above.
    const LEVELS: [(Level, f64); 5] = [
        (Level { effort: Effort::Alone, divisor: 1 }, 1.0),
        (Level { effort: Effort::Shared, divisor: 1 }, 0.6),
        (Level { effort: Effort::Least, divisor: 1 }, 0.4),
        (Level { effort: Effort::Least, divisor: 2 }, 0.2),
        (Level { effort: Effort::Least, divisor: 3 }, 0.14),
    ];

    /// Seconds too much in a row before a step down.
    const HASTE: u32 = 2;
    /// Seconds of room before a step up: at first, and at most.
    const PATIENCE: (u32, u32) = (10, 300);
    /// A step up that had to be taken back so soon was a mistake.
    const MISTAKE: Duration = Duration::from_secs(30);
    /// Load at the level above that leaves room.
    const ROOM: f64 = 0.75;

    /// An encoder at its best level.
    pub fn new() -> Self {
        Self { place: 0, too_much: 0, room: 0, patience: Self::PATIENCE.0, up: None }
    }

    /// How the encoder is to work now.
    pub fn level(&self) -> Level {
        Self::LEVELS[self.place].0
    }

    /// Judges the last second; once a second while encoding.
    pub fn second(&mut self, now: MediaTime, work: &Work) -> Option<Change> {
        let helps = self.level().effort < Effort::Least && work.load() > 0.3;
        let too_much = work.is_too_much() || (work.is_late() && helps);
        self.too_much = if too_much { self.too_much + 1 } else { 0 };
        self.room = if self.has_room(work) { self.room + 1 } else { 0 };
        if self.too_much >= Self::HASTE && self.place + 1 < Self::LEVELS.len() {
            return Some(self.down(now, work.load()));
        }
        if self.room >= self.patience && self.place > 0 {
            return Some(self.step_up(now));
        }
        None
    }

    fn has_room(&self, work: &Work) -> bool {
        let Some(above) = self.place.checked_sub(1) else { return false };
        let growth = Self::LEVELS[above].1 / Self::LEVELS[self.place].1;
        // Late frames of an encoder that has little to do are not its own fault.
        let in_time = !work.is_late() || work.load() < 0.3;
        in_time && work.due > 0 && work.load() * growth < Self::ROOM
    }

    fn down(&mut self, now: MediaTime, load: f64) -> Change {
        let mistake = self.up.take().is_some_and(|up| now.since(up) < Self::MISTAKE);
        if mistake {
            self.patience = (self.patience * 2).min(Self::PATIENCE.1);
        }
        self.go(self.place + 1);
        Change::Down { load, level: self.level() }
    }

    fn step_up(&mut self, now: MediaTime) -> Change {
        self.up = Some(now);
        self.go(self.place - 1);
        Change::Up { level: self.level() }
    }

    fn go(&mut self, place: usize) {
        self.place = place;
        self.too_much = 0;
        self.room = 0;
    }
}

impl Default for Overload {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Effort::{Alone, Least, Shared};

    /// An encoder that takes `cost` ms for a frame at its best level, at 30 fps;
    /// the machine has `cores` of it to give in each second.
    fn run(overload: &mut Overload, from: i64, seconds: i64, cost: f64) -> Vec<(i64, Level)> {
        let mut changes = Vec::new();
        for second in from..from + seconds {
            let level = overload.level();
            let effort = [1.0, 0.65, 0.45][level.effort as usize];
            let due = 30 / level.divisor;
            let wanted = cost * effort * f64::from(due) / 1_000.0;
            let late = (f64::from(due) * (1.0 - 1.0 / wanted.max(1.0))).round() as u32;
            let work = Work { due, late, busy: Duration::from_secs_f64(wanted.min(1.0)) };
            let now = MediaTime::from_millis(second * 1_000);
            if overload.second(now, &work).is_some() {
                changes.push((second, overload.level()));
            }
        }
        changes
    }

    fn level(effort: Effort, divisor: u32) -> Level {
        Level { effort, divisor }
    }

    #[test]
    fn a_machine_that_keeps_up_is_left_alone() {
        assert_eq!(run(&mut Overload::new(), 0, 3_600, 25.0), []);
    }

    #[test]
    fn effort_goes_first_then_frames() {
        let mut overload = Overload::new();
        let changes = run(&mut overload, 0, 20, 100.0);
        assert_eq!(
            changes,
            [(1, level(Shared, 1)), (3, level(Least, 1)), (5, level(Least, 2))],
            "45 ms a frame at the least effort are too much for 30 fps and not for 15"
        );
    }

    #[test]
    fn a_single_slow_second_changes_nothing() {
        let mut overload = Overload::new();
        for second in 0..100 {
            let cost = if second % 2 == 0 { 60.0 } else { 20.0 };
            assert_eq!(run(&mut overload, second, 1, cost), []);
        }
    }

    /// Other programs keep the machine busy: what is late is not the encoder's
    /// doing, and the frames that can be had are sent.
    #[test]
    fn frames_that_others_make_late_are_no_reason_to_leave_out_more() {
        for (busy, left) in [(450, level(Least, 1)), (60, level(Alone, 1))] {
            let mut overload = Overload::new();
            for second in 0..600 {
                let work = Work { due: 30, late: 6, busy: Duration::from_millis(busy) };
                overload.second(MediaTime::from_millis(second * 1_000), &work);
                assert_eq!(overload.level().divisor, 1);
            }
            assert_eq!(overload.level(), left);
        }
    }

    #[test]
    fn what_was_given_up_comes_back() {
        let mut overload = Overload::new();
        run(&mut overload, 0, 20, 100.0);
        let changes = run(&mut overload, 20, 60, 15.0);
        let levels: Vec<_> = changes.iter().map(|(_, level)| *level).collect();
        assert_eq!(levels, [level(Least, 1), level(Shared, 1), level(Alone, 1)]);
        assert!(changes[2].0 <= 20 + 32, "{changes:?}");
    }

    /// Room that looks like enough and is not: fewer and fewer tries.
    #[test]
    fn mistakes_make_it_patient() {
        let mut overload = Overload::new();
        let mut steps = Vec::new();
        for second in 0..3_600 {
            // Cheap while it works little, dear as soon as it works more.
            let cost = if overload.level().effort == Alone { 50.0 } else { 20.0 };
            steps.extend(run(&mut overload, second, 1, cost));
        }
        let ups = steps.iter().filter(|(_, level)| level.effort == Alone).count();
        assert!((3..=18).contains(&ups), "{ups} tries in an hour");
    }

    #[test]
    fn nothing_due_is_no_room() {
        let mut overload = Overload::new();
        run(&mut overload, 0, 20, 100.0);
        let idle = Work::default();
        for second in 20..200 {
            assert_eq!(overload.second(MediaTime::from_millis(second * 1_000), &idle), None);
        }
    }
}
