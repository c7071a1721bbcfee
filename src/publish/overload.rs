//! What to give up when the encoder is too slow.
//!
//! An encoder that can't keep up costs frames at random; giving up on purpose
//! looks better. First its work is shared among processors, which costs nothing
//! that anyone sees, then it works less hard, which costs a little quality, then
//! frames are left out evenly. The first two are done as soon as frames take
//! longer than there is time for, the last one only when that lasts. All comes
//! back when there is room, less eagerly each time that it turns out there was none.
//!
//! Where the first frame already takes long, it begins with its work shared: the start
//! is when the machine has most to do. Where one processor is seen to be enough, one it
//! is.
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

/// What the encoder did in a while.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Work {
    /// How long that was.
    pub span: Duration,
    /// Frames that it should have encoded at the present divisor.
    pub due: u32,
    /// Of these, frames that it was too late for.
    pub late: u32,
    /// Frames that it did encode.
    pub made: u32,
    /// Time spent encoding.
    pub busy: Duration,
}

impl Work {
    /// Frames that take more of the time there is for them are too dear: what hinders
    /// one for a moment would make others late.
    const DEAR: f64 = 0.9;
    /// Frames in a look by which their cost is known. Fewer say it if they left no time
    /// for as many again.
    const KNOWN: u32 = 3;

    /// Share of the time spent encoding.
    fn load(&self) -> f64 {
        self.busy.as_secs_f64() / self.span.as_secs_f64().max(1e-3)
    }

    /// Share of the time that it would take to encode all that is due: above 1, it
    /// can't be done.
    fn demand(&self) -> f64 {
        self.load() * f64::from(self.due) / f64::from(self.made.max(1))
    }

    /// Whether frames take longer than there is time for.
    fn is_dear(&self) -> bool {
        let known = self.made >= Self::KNOWN || (self.made > 0 && self.load() > 0.5);
        known && self.demand() > Self::DEAR
    }

    /// Whether frames are lost that were to be encoded.
    fn is_late(&self) -> bool {
        self.late > 1 && self.late * 20 > self.due
    }

    /// Whether the encoder can't go on like this.
    fn is_too_much(&self) -> bool {
        self.load() > 0.9 || (self.is_late() && self.load() > 0.6)
    }

    fn add(&mut self, more: &Self) {
        self.span += more.span;
        self.due += more.due;
        self.late += more.late;
        self.made += more.made;
        self.busy += more.busy;
    }
}

/// Decides the level of one encoder.
#[derive(Debug)]
pub struct Overload {
    /// Place in [`Overload::LEVELS`].
    place: usize,
    /// The work of the present second so far.
    second: Work,
    /// Looks in a row at which the frames were too dear for their time.
    dear: u32,
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
    /// The last that sends all frames.
    const ALL_FRAMES: usize = 2;

    /// How often it looks.
    pub const LOOK: Duration = Duration::from_millis(250);
    /// Looks in a row at such frames before less effort. It is hardly seen, and each
    /// frame that is lost meanwhile is.
    const HASTE: u32 = 2;
    /// Seconds too much in a row before a step down: a single slow one can fall into
    /// two.
    const SECONDS: u32 = 3;
    /// Seconds of room before the first step up.
    const SETTLED: u32 = 3;
    /// Before others: at first, and at most.
    const PATIENCE: (u32, u32) = (5, 300);
    /// A step up that had to be taken back so soon was a mistake.
    const MISTAKE: Duration = Duration::from_secs(30);
    /// Load at the level above that leaves room.
    const ROOM: f64 = 0.75;

    /// How an encoder is to begin whose first frame took so long, alone, where frames are
    /// so far apart. That one takes several times as long as those that follow, so it
    /// tells too much rather than too little; nobody sees how many processors work.
    pub fn first(took: Duration, interval: Duration) -> Effort {
        if took > interval { Effort::Shared } else { Effort::Alone }
    }

    /// An encoder that begins so.
    pub fn new(effort: Effort) -> Self {
        let place = Self::LEVELS.iter().position(|(level, _)| level.effort == effort);
        Self {
            place: place.unwrap_or(0),
            second: Work::default(),
            dear: 0,
            too_much: 0,
            room: 0,
            patience: Self::SETTLED,
            up: None,
        }
    }

    /// How the encoder is to work now.
    pub fn level(&self) -> Level {
        Self::LEVELS[self.place].0
    }

    /// Judges the work since the last look, each [`LOOK`](Self::LOOK) while encoding.
    pub fn look(&mut self, now: MediaTime, work: &Work) -> Option<Change> {
        // Between two frames of which each takes longer than a look, nothing is learnt.
        if work.made > 0 || work.due == 0 {
            self.dear = if work.is_dear() { self.dear + 1 } else { 0 };
        }
        if self.dear >= Self::HASTE && self.place < Self::ALL_FRAMES {
            return Some(self.down(now, self.place_for(work.demand()), work.demand()));
        }
        self.second.add(work);
        // A look that came a little early must not put the judgement off by a whole one.
        if self.second.span + Self::LOOK / 2 < Duration::from_secs(1) {
            return None;
        }
        let second = std::mem::take(&mut self.second);
        self.judge(now, &second)
    }

    /// Judges a whole second.
    fn judge(&mut self, now: MediaTime, second: &Work) -> Option<Change> {
        let helps = self.level().effort < Effort::Least && second.load() > 0.3;
        let too_much = second.is_too_much() || (second.is_late() && helps);
        self.too_much = if too_much { self.too_much + 1 } else { 0 };
        self.room = if self.has_room(second) { self.room + 1 } else { 0 };
        if self.too_much >= Self::SECONDS && self.place + 1 < Self::LEVELS.len() {
            return Some(self.down(now, self.place + 1, second.load()));
        }
        if self.room >= self.patience && self.place > 0 {
            return Some(self.step_up(now));
        }
        None
    }

    /// The next place at which all frames can be had at this demand; else the last
    /// that sends all.
    fn place_for(&self, demand: f64) -> usize {
        let here = Self::LEVELS[self.place].1;
        let fits = |place: &usize| demand * Self::LEVELS[*place].1 / here < Work::DEAR;
        (self.place + 1..Self::ALL_FRAMES).find(fits).unwrap_or(Self::ALL_FRAMES)
    }

    fn has_room(&self, work: &Work) -> bool {
        let Some(above) = self.place.checked_sub(1) else { return false };
        let growth = Self::LEVELS[above].1 / Self::LEVELS[self.place].1;
        // Late frames of an encoder that has little to do are not its own fault.
        let in_time = !work.is_late() || work.load() < 0.3;
        in_time && work.due > 0 && work.load() * growth < Self::ROOM
    }

    fn down(&mut self, now: MediaTime, place: usize, load: f64) -> Change {
        let mistake = self.up.take().is_some_and(|up| now.since(up) < Self::MISTAKE);
        if mistake {
            self.patience = (self.patience * 2).min(Self::PATIENCE.1);
        }
        self.go(place);
        Change::Down { load, level: self.level() }
    }

    fn step_up(&mut self, now: MediaTime) -> Change {
        self.up = Some(now);
        self.patience = self.patience.max(Self::PATIENCE.0);
        self.go(self.place - 1);
        Change::Up { level: self.level() }
    }

    /// What was seen at another level says nothing of this one.
    fn go(&mut self, place: usize) {
        self.place = place;
        self.second = Work::default();
        (self.dear, self.too_much, self.room) = (0, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Effort::{Alone, Least, Shared};

    /// Share of the cost of a frame at its best level that each effort takes.
    const COST: [f64; 3] = [1.0, 0.65, 0.45];

    /// An encoder that takes `cost` ms for a frame at its best level, at 30 fps.
    fn run(overload: &mut Overload, from: f64, seconds: f64, cost: f64) -> Vec<(f64, Level)> {
        let mut changes = Vec::new();
        for look in 1..=(seconds * 4.0) as u32 {
            let level = overload.level();
            let effort = COST[level.effort as usize];
            // 30 a second are 7 and 8 in turns.
            let due = (7 + look % 2) / level.divisor;
            let span = Overload::LOOK;
            let wanted = cost * effort * f64::from(due) / 1e3 / span.as_secs_f64();
            let made = (f64::from(due) / wanted.max(1.0)).round() as u32;
            let busy = span.mul_f64(wanted.min(1.0));
            let now = from + f64::from(look) / 4.0;
            let work = Work { span, due, late: due - made, made, busy };
            if overload.look(MediaTime::from_millis((now * 1e3) as i64), &work).is_some() {
                changes.push((now, overload.level()));
            }
        }
        changes
    }

    fn level(effort: Effort, divisor: u32) -> Level {
        Level { effort, divisor }
    }

    #[test]
    fn a_machine_that_keeps_up_soon_uses_one_processor_and_is_left_alone() {
        let changes = run(&mut Overload::new(Shared), 0.0, 3_600.0, 20.0);
        assert_eq!(changes, [(3.0, level(Alone, 1))]);
    }

    #[test]
    fn a_slow_first_frame_begins_on_two() {
        let interval = Duration::from_millis(33);
        assert_eq!(Overload::first(Duration::from_millis(20), interval), Alone);
        assert_eq!(Overload::first(Duration::from_millis(150), interval), Shared);
        assert_eq!(run(&mut Overload::new(Alone), 0.0, 3_600.0, 20.0), []);
    }

    #[test]
    fn a_machine_that_needs_two_keeps_two() {
        assert_eq!(run(&mut Overload::new(Shared), 0.0, 3_600.0, 40.0), []);
    }

    #[test]
    fn effort_goes_at_once_and_frames_when_that_is_not_enough() {
        let changes = run(&mut Overload::new(Shared), 0.0, 20.0, 100.0);
        assert_eq!(
            changes,
            [(0.5, level(Least, 1)), (3.5, level(Least, 2))],
            "45 ms a frame at the least effort are too much for 30 fps and not for 15"
        );
    }

    /// As `run`, but frame by frame: a look counts what was finished, and a frame may
    /// take longer than a look. When there was less effort, and when frames were left out.
    fn frame_by_frame(fps: f64, cost: f64) -> Vec<(f64, Level)> {
        let (mut overload, mut changes) = (Overload::new(Shared), Vec::new());
        // When the frame that is being encoded began and will be done; those that wait.
        let (mut begun, mut done, mut waiting) = (0.0, f64::INFINITY, 0);
        let (mut work, mut due) = (Work { span: Overload::LOOK, ..Work::default() }, 0.0);
        for ms in 1..8_000 {
            let (now, level) = (f64::from(ms), overload.level());
            due += fps / 1e3 / f64::from(level.divisor);
            if due >= 1.0 {
                due -= 1.0;
                work.due += 1;
                if waiting < 4 { waiting += 1 } else { work.late += 1 }
            }
            if now >= done {
                work.made += 1;
                work.busy += Duration::from_secs_f64((done - begun) / 1e3);
                done = f64::INFINITY;
            }
            if done.is_infinite() && waiting > 0 {
                waiting -= 1;
                (begun, done) = (now, now + cost * COST[level.effort as usize]);
            }
            if ms % 250 == 0 {
                let span = Overload::LOOK;
                let work = std::mem::replace(&mut work, Work { span, ..Work::default() });
                if overload.look(MediaTime::from_millis(ms.into()), &work).is_some() {
                    changes.push((now / 1e3, overload.level()));
                }
            }
        }
        changes
    }

    #[test]
    fn the_dearer_frames_are_the_sooner_there_is_less_effort() {
        for (fps, cost) in [(30.0, 100.0), (30.0, 200.0), (30.0, 310.0), (15.0, 160.0)] {
            let first = frame_by_frame(fps, cost)[0];
            assert!(first.0 <= 1.0 && first.1 == level(Least, 1), "{fps} {cost}: {first:?}");
        }
        let (after, to) = frame_by_frame(30.0, 500.0)[0];
        assert!(after <= 1.5 && to == level(Least, 1), "three looks a frame: {after}");
        let changes = frame_by_frame(10.0, 60.0);
        assert!(changes.iter().all(|(_, level)| level.effort < Least), "{changes:?}");
    }

    #[test]
    fn what_becomes_too_dear_for_one_processor_gets_what_it_needs() {
        for (cost, wanted) in [(40.0, level(Shared, 1)), (65.0, level(Least, 1))] {
            let mut overload = Overload::new(Shared);
            run(&mut overload, 0.0, 10.0, 15.0);
            assert_eq!(overload.level(), level(Alone, 1));
            let changes = run(&mut overload, 10.0, 4.0, cost);
            assert_eq!(changes, [(10.5, wanted)], "{cost} ms");
        }
    }

    #[test]
    fn a_single_slow_second_leaves_no_frames_out() {
        let mut overload = Overload::new(Shared);
        for second in 0..100_u32 {
            let cost = if second % 4 == 0 { 90.0 } else { 20.0 };
            run(&mut overload, f64::from(second), 1.0, cost);
            assert_eq!(overload.level().divisor, 1);
        }
    }

    #[test]
    fn a_single_dear_look_changes_nothing() {
        let mut overload = Overload::new(Shared);
        run(&mut overload, 0.0, 10.0, 20.0);
        for quarter in 0..100_u32 {
            let cost = if quarter % 12 == 0 { 60.0 } else { 10.0 };
            assert_eq!(run(&mut overload, 10.0 + f64::from(quarter) / 4.0, 0.25, cost), []);
        }
    }

    /// Other programs keep the machine busy: what is late is not the encoder's
    /// doing, and the frames that can be had are sent.
    #[test]
    fn frames_that_others_make_late_are_no_reason_to_leave_out_more() {
        for (busy, left) in [(112, level(Least, 1)), (15, level(Alone, 1))] {
            let mut overload = Overload::new(Shared);
            for look in 0..2_400 {
                let busy = Duration::from_millis(busy);
                let work = Work { span: Overload::LOOK, due: 8, late: 2, made: 6, busy };
                overload.look(MediaTime::from_millis(look * 250), &work);
                assert_eq!(overload.level().divisor, 1);
            }
            assert_eq!(overload.level(), left);
        }
    }

    #[test]
    fn what_was_given_up_comes_back() {
        let mut overload = Overload::new(Shared);
        run(&mut overload, 0.0, 20.0, 100.0);
        let changes = run(&mut overload, 20.0, 60.0, 15.0);
        let levels: Vec<_> = changes.iter().map(|(_, level)| *level).collect();
        assert_eq!(levels, [level(Least, 1), level(Shared, 1), level(Alone, 1)]);
        assert!(changes[2].0 <= 20.0 + 16.0, "{changes:?}");
    }

    /// Room that looks like enough and is not: fewer and fewer tries.
    #[test]
    fn mistakes_make_it_patient() {
        let mut overload = Overload::new(Shared);
        let mut steps = Vec::new();
        for quarter in 0..3_600_u32 * 4 {
            // Cheap while it works little, dear as soon as it works more.
            let cost = if overload.level().effort == Alone { 50.0 } else { 20.0 };
            steps.extend(run(&mut overload, f64::from(quarter) / 4.0, 0.25, cost));
        }
        let ups = steps.iter().filter(|(_, level)| level.effort == Alone).count();
        assert!((3..=18).contains(&ups), "{ups} tries in an hour");
    }

    #[test]
    fn nothing_due_is_no_room() {
        let mut overload = Overload::new(Shared);
        run(&mut overload, 0.0, 20.0, 100.0);
        let idle = Work { span: Overload::LOOK, ..Work::default() };
        for look in 80..800 {
            assert_eq!(overload.look(MediaTime::from_millis(look * 250), &idle), None);
        }
    }
}
