//! One clock for a stream, whatever its publishers' clocks do.
//!
//! 1. Pictures and sound alone drive it, each track by its own timestamps. Headers,
//!    metadata and other data get the current time: many publishers send them with
//!    timestamp 0 for as long as they live.
//! 2. A track keeps its distance from the others as the publisher's timestamps have
//!    it, up to [`MAX_SKEW`]. Beyond that its clock counts from another moment than
//!    theirs, and it is placed where the stream is when it comes.
//! 3. A track whose timestamps leap, back or ahead of the time that passed by more
//!    than [`MAX_SLIP`], is placed by the clock of another track or by its own former
//!    one, if either fits. Otherwise a leap ahead is taken for media that was left out,
//!    up to [`MAX_STEP_AHEAD`]; any other leap is a clock that was set anew, and the
//!    track goes on a step after what came last.
//! 4. A track that went on by itself returns to the clock of another track that turns
//!    out to run on as before.
//! 5. The time of a track never runs back. Smaller steps back are held up.
//!
//! Times of messages are in milliseconds, modulo 2³².

use std::time::Duration;

use super::message::Message;
use super::part::{Part, TrackId};
use crate::media::MediaTime;

/// Timestamps may be late by this much, or come so much too early.
const MAX_SLIP: i64 = 500;

/// How far timestamps may run ahead of the time that has passed: a publisher in a
/// hurry, or one that was held up and left something out.
const MAX_STEP_AHEAD: i64 = 10_000;

/// How far apart the tracks of one clock can be. Encoders that look ahead keep a
/// second or two back.
const MAX_SKEW: i64 = 5_000;

/// From the last time before a break to the first one after.
const STEP_OVER_BREAK: i64 = 20;

/// Tracks that are told apart; the others share the last place.
const MAX_TRACKS: usize = 16;

/// A stream's clock. It outlives publishers.
#[derive(Debug)]
pub(super) struct Timeline {
    tracks: Vec<Track>,
    /// The latest time given out.
    latest: i64,
    /// When that was.
    latest_since: MediaTime,
    /// No track goes back behind this: where the last publisher ended.
    floor: i64,
    /// Pictures and sounds so far.
    count: u64,
}

/// A publisher's timestamp and the time that it stands for.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    timestamp: u32,
    time: i64,
}

#[derive(Clone, Copy, Debug)]
struct Track {
    id: TrackId,
    anchor: Anchor,
    /// The clock before the last break.
    former: Option<Anchor>,
    /// The latest time by these.
    given: i64,
    /// The last step of that.
    step: i64,
    /// When the track was last heard.
    heard: MediaTime,
    /// Which message was the last that came without a leap.
    steady: u64,
    /// With which message the track went on by itself.
    strayed: Option<u64>,
}

/// The first time comes a step over a break from here, at zero.
impl Default for Timeline {
    fn default() -> Self {
        Self {
            tracks: Vec::new(),
            latest: -STEP_OVER_BREAK,
            latest_since: MediaTime::ZERO,
            floor: i64::MIN,
            count: 0,
        }
    }
}

impl Timeline {
    /// The stream's time of a publisher's message that comes at `now`.
    pub fn place(&mut self, now: MediaTime, part: Part, message: &Message) -> u32 {
        let id = TrackId::of(message);
        let time = if part.is_coded() {
            self.place_coded(now, id, message.timestamp)
        } else {
            self.current(id)
        };
        // Wraps after 49 days, as RTMP's timestamps do.
        time as u32
    }

    /// The publisher's clocks will be others.
    pub fn stop(&mut self) {
        self.tracks.clear();
        self.floor = self.latest;
    }

    /// The latest time, unless the track is behind it: then when its next picture or
    /// sound is due.
    fn current(&self, id: TrackId) -> i64 {
        let track = self.tracks.iter().find(|track| track.id == id);
        track.map_or(self.latest, |track| self.latest.min(track.given + track.step))
    }

    fn place_coded(&mut self, now: MediaTime, id: TrackId, timestamp: u32) -> i64 {
        self.count += 1;
        let index = self.find_or_add(now, id, timestamp);
        let time = self.time_on(now, index, timestamp);
        let track = &mut self.tracks[index];
        track.anchor = Anchor { timestamp, time };
        track.step = (time - track.given).max(0);
        track.given = track.given.max(time);
        track.heard = now;
        let given = track.given.max(self.floor);
        if given >= self.latest {
            (self.latest, self.latest_since) = (given, now);
        }
        given
    }

    fn find_or_add(&mut self, now: MediaTime, id: TrackId, timestamp: u32) -> usize {
        if let Some(index) = self.tracks.iter().position(|track| track.id == id) {
            return index;
        }
        if self.tracks.len() >= MAX_TRACKS {
            return MAX_TRACKS - 1;
        }
        let mut known = self.tracks.iter().map(|other| other.anchor.at(timestamp));
        let time = known.find(|&time| self.fits(now, time, self.latest - MAX_SKEW));
        let time = time.unwrap_or(self.latest + STEP_OVER_BREAK);
        self.tracks.push(Track::new(now, id, Anchor { timestamp, time }));
        self.tracks.len() - 1
    }

    /// The time of the next timestamp of a track.
    fn time_on(&mut self, now: MediaTime, index: usize, timestamp: u32) -> i64 {
        let track = self.tracks[index];
        let kept = track.anchor.at(timestamp);
        if let Some(time) = self.way_back(now, &track, timestamp) {
            self.tracks[index].strayed = None;
            return time;
        }
        if track.is_within(now, kept, MAX_SLIP) {
            self.tracks[index].steady = self.count;
            return kept;
        }
        if let Some(time) = self.known_time(now, &track, timestamp) {
            (self.tracks[index].former, self.tracks[index].strayed) = (Some(track.anchor), None);
            return time;
        }
        if track.is_within(now, kept, MAX_STEP_AHEAD) {
            return kept;
        }
        let strayed = Some(self.count);
        (self.tracks[index].former, self.tracks[index].strayed) = (Some(track.anchor), strayed);
        self.latest + STEP_OVER_BREAK
    }

    /// The time by a track that has run on since this one strayed.
    fn way_back(&self, now: MediaTime, track: &Track, timestamp: u32) -> Option<i64> {
        let strayed = track.strayed?;
        let steady = self.tracks.iter().filter(|other| other.steady > strayed);
        let mut known = steady.filter(|other| other.id != track.id).map(|o| o.anchor.at(timestamp));
        known.find(|&time| self.fits(now, time, self.latest - MAX_SKEW))
    }

    /// The time of a timestamp that leaps, by another track's clock or the former one.
    fn known_time(&self, now: MediaTime, track: &Track, timestamp: u32) -> Option<i64> {
        let others = self.tracks.iter().filter(|other| other.id != track.id);
        let clocks = others.map(|other| other.anchor).chain(track.former);
        let mut times = clocks.map(|anchor| anchor.at(timestamp));
        times.find(|&time| self.fits(now, time, track.given - MAX_SLIP))
    }

    /// Whether a time can be that of a track of the same clock.
    fn fits(&self, now: MediaTime, time: i64, from: i64) -> bool {
        (from..=self.latest + passed(now, self.latest_since) + MAX_SKEW).contains(&time)
    }
}

impl Anchor {
    /// The time of another timestamp of the same clock.
    fn at(self, timestamp: u32) -> i64 {
        self.time + i64::from(timestamp.wrapping_sub(self.timestamp).cast_signed())
    }
}

impl Track {
    fn new(now: MediaTime, id: TrackId, anchor: Anchor) -> Self {
        let given = anchor.time;
        Self { id, anchor, former: None, given, step: 0, heard: now, steady: 0, strayed: None }
    }

    /// Whether a time is not too late, and not too far ahead of the time that passed.
    fn is_within(&self, now: MediaTime, time: i64, ahead: i64) -> bool {
        let ahead = passed(now, self.heard) + ahead;
        (self.given - MAX_SLIP..=self.given + ahead).contains(&time)
    }
}

fn passed(now: MediaTime, since: MediaTime) -> i64 {
    let passed: Duration = now.since(since);
    i64::try_from(passed.as_millis()).unwrap_or(i64::MAX / 2)
}

#[cfg(test)]
mod tests;
