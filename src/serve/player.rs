//! One player of a stream: what waits for it, and what it misses when it is slow.
//!
//! 1. A player starts on a keyframe, with metadata and headers before it; on sound
//!    where there are no pictures, or where no keyframe comes within 2 s. Its times
//!    start at 0.
//! 2. What waits is bounded by how long it has waited. Pictures that waited too
//!    long are dropped, and those that come, up to the next keyframe. Sound goes on.
//! 3. If sound alone waits twice as long, all goes, and the player starts again at
//!    the next keyframe. The same at a bound in bytes, which no healthy stream meets.
//! 4. Metadata and headers are not dropped while playing goes on.

use std::collections::VecDeque;
use std::time::Duration;

use super::cache::{Cache, Start, cost};
use super::message::{Message, Playback};
use super::part::Part;
use super::times::Times;
use crate::media::MediaTime;

/// How much may wait for one player.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayerLimits {
    /// How long a picture may wait.
    pub time: Duration,
    /// Last resort: bytes that may wait, bookkeeping included.
    pub bytes: usize,
}

impl Default for PlayerLimits {
    fn default() -> Self {
        Self { time: Duration::from_secs(3), bytes: 32 << 20 }
    }
}

/// A player that has waited so long for a keyframe hears the sound meanwhile.
const SOUND_AFTER: Duration = Duration::from_secs(2);

/// What a player is to be sent or told next.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A message with the player's own time.
    Message(Message),
    /// Somebody publishes the stream now.
    Began,
    /// The publisher was lost, and may come back.
    Dry,
    /// It came back.
    Resumed,
    /// The stream has ended.
    Ended,
    /// Nobody came to publish it.
    NotFound,
}

/// Messages that a player missed by being slow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Missed {
    /// Pictures.
    pub pictures: u64,
    /// All others.
    pub others: u64,
}

/// The messages that wait for one player.
#[derive(Debug)]
pub struct Player {
    limits: PlayerLimits,
    phase: Phase,
    /// Since when it waits although something is published.
    waits_since: Option<MediaTime>,
    queue: VecDeque<Entry>,
    /// What the queue costs.
    bytes: usize,
    /// Pictures in the queue.
    pictures: usize,
    times: Times,
    playback: Playback,
    missed: Missed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// For something to start with.
    Waiting,
    Playing,
    /// Sound only, up to the next keyframe.
    Skipping,
}

#[derive(Debug)]
struct Entry {
    since: MediaTime,
    /// None for notices.
    part: Option<Part>,
    item: Item,
}

impl Player {
    /// Waits for something to start with.
    pub fn new(limits: PlayerLimits) -> Self {
        Self {
            limits,
            phase: Phase::Waiting,
            waits_since: None,
            queue: VecDeque::new(),
            bytes: 0,
            pictures: 0,
            times: Times::default(),
            playback: Playback::default(),
            missed: Missed::default(),
        }
    }

    /// Starts with what the stream kept, if that is possible.
    pub fn join(&mut self, now: MediaTime, cache: &Cache) {
        let Some(Start { opening, gop }) = cache.start() else { return };
        if self.phase != Phase::Waiting || self.playback.paused || !self.playback.video {
            return;
        }
        self.open(now, opening.iter(), gop[0].1.timestamp);
        for (part, message) in gop {
            self.enqueue(now, *part, message);
        }
    }

    /// Takes the next message of the stream, which `cache` has seen already.
    pub fn push(&mut self, now: MediaTime, part: Part, message: &Message, cache: &Cache) {
        if self.playback.paused {
            return;
        }
        match (self.phase, part) {
            (Phase::Waiting, _) if !self.can_start(now, part, cache) => return,
            (Phase::Waiting, _) => {
                self.open(now, cache.headers(), message.timestamp);
                if part != Part::Keyframe && cache.has_video() {
                    self.phase = Phase::Skipping;
                }
            }
            (Phase::Skipping, Part::Keyframe) => self.phase = Phase::Playing,
            (Phase::Skipping, Part::Picture) => {
                self.missed.pictures += 1;
                return;
            }
            (Phase::Playing | Phase::Skipping, _) => {}
        }
        self.enqueue(now, part, message);
        self.enforce_limits(now);
    }

    /// The publisher has gone or another one comes: the player starts again at the
    /// next keyframe. What waits is still sent.
    pub fn restart(&mut self) {
        self.wait();
    }

    /// It wants to be elsewhere in time, and there is only now: it starts anew.
    pub fn rejoin(&mut self, now: MediaTime, cache: &Cache) {
        self.drop_all();
        self.join(now, cache);
    }

    /// Adds a notice behind what waits. Of several that follow each other only the
    /// last is worth telling.
    pub fn tell(&mut self, now: MediaTime, item: Item) {
        self.queue.pop_back_if(|entry| entry.part.is_none());
        self.queue.push_back(Entry { since: now, part: None, item });
    }

    /// What is to be sent next.
    pub fn pop(&mut self) -> Option<Item> {
        let entry = self.queue.pop_front()?;
        self.forget(&entry);
        Some(entry.item)
    }

    /// What the player wants.
    pub fn playback(&self) -> Playback {
        self.playback
    }

    /// The player wants more or less. After a pause, or when it wants pictures
    /// again, it starts on a keyframe.
    pub fn set_playback(&mut self, now: MediaTime, playback: Playback, cache: &Cache) {
        let before = std::mem::replace(&mut self.playback, playback);
        if playback.paused && !before.paused {
            self.drop_all();
        } else if before.paused && !playback.paused {
            self.join(now, cache);
        } else if playback.video && !before.video && self.phase == Phase::Playing {
            self.phase = Phase::Skipping;
        }
    }

    /// How many messages and notices wait for it, and their bytes.
    pub fn waiting(&self) -> (usize, usize) {
        (self.queue.len(), self.bytes)
    }

    /// What it missed so far.
    pub fn missed(&self) -> Missed {
        self.missed
    }

    fn can_start(&mut self, now: MediaTime, part: Part, cache: &Cache) -> bool {
        let since = *self.waits_since.get_or_insert(now);
        let pictures_come = cache.has_video() && self.playback.video;
        part == Part::Keyframe
            || part == Part::Sound && (!pictures_come || now.since(since) >= SOUND_AFTER)
    }

    fn wait(&mut self) {
        self.phase = Phase::Waiting;
        self.waits_since = None;
    }

    fn open<'a>(
        &mut self,
        now: MediaTime,
        headers: impl Iterator<Item = &'a Message>,
        timestamp: u32,
    ) {
        self.phase = Phase::Playing;
        self.times.start_at(timestamp);
        let start = self.times.start();
        for header in headers {
            self.enqueue_at(now, Part::Header, header, start);
        }
    }

    /// Pictures are older than the start only where the player began with sound; they
    /// are shown with it. Headers count for what follows.
    fn enqueue(&mut self, now: MediaTime, part: Part, message: &Message) {
        let timestamp = match (self.times.of(message.timestamp), part) {
            (Some(timestamp), _) => timestamp,
            (None, Part::Sound | Part::Data) => return,
            (None, _) => self.times.start(),
        };
        self.enqueue_at(now, part, message, timestamp);
    }

    fn enqueue_at(&mut self, now: MediaTime, part: Part, message: &Message, timestamp: u32) {
        if !self.playback.wants(message.kind) {
            return;
        }
        self.bytes += cost(message);
        self.pictures += usize::from(part.is_picture());
        let item = Item::Message(Message { timestamp, ..message.clone() });
        self.queue.push_back(Entry { since: now, part: Some(part), item });
    }

    fn enforce_limits(&mut self, now: MediaTime) {
        let waited = self.queue.front().map_or(Duration::ZERO, |entry| now.since(entry.since));
        if waited > 2 * self.limits.time || self.bytes > self.limits.bytes {
            self.drop_all();
        } else if waited > self.limits.time && self.pictures > 0 {
            self.drop_pictures();
        }
    }

    fn drop_pictures(&mut self) {
        self.phase = Phase::Skipping;
        self.drop_where(|entry| entry.part.is_some_and(Part::is_picture));
    }

    fn drop_all(&mut self) {
        self.wait();
        let notice = self.queue.iter().rposition(|entry| entry.part.is_none());
        let notice = notice.and_then(|index| self.queue.remove(index));
        self.drop_where(|_| true);
        self.queue.extend(notice);
    }

    fn drop_where(&mut self, late: impl Fn(&Entry) -> bool) {
        for entry in std::mem::take(&mut self.queue) {
            if late(&entry) {
                self.forget(&entry);
                self.count_missed(&entry);
            } else {
                self.queue.push_back(entry);
            }
        }
    }

    fn count_missed(&mut self, entry: &Entry) {
        match entry.part {
            Some(part) if part.is_picture() => self.missed.pictures += 1,
            Some(_) => self.missed.others += 1,
            None => {}
        }
    }

    /// Takes an entry out of the books.
    fn forget(&mut self, entry: &Entry) {
        if let Item::Message(message) = &entry.item {
            self.bytes -= cost(message);
        }
        self.pictures -= usize::from(entry.part.is_some_and(Part::is_picture));
    }
}

#[cfg(test)]
mod tests;
