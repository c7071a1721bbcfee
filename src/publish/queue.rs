//! What waits for the wire, and what is given up when the wire is too slow.
//!
//! A [`SendQueue`] is bounded by *time*: the age of its oldest video against
//! the newest that came in. Decisions are taken on whole packets, before
//! they are cut into chunks. Bitrate and reconnecting are decided elsewhere;
//! bytes are made of packets elsewhere.
//!
//! The rules:
//! 1. A session starts on a keyframe, at time 0, after the headers; sound from
//!    before that keyframe is not sent.
//! 2. Video older than the bound is late. Late video is dropped up to the first
//!    queued keyframe that is not; without one, all of it, and what comes in,
//!    until a keyframe.
//! 3. Sound, headers and keyframes are never dropped for being late.
//! 4. Past a bound in bytes, which no healthy stream meets, everything but the
//!    headers goes.

mod entry;

use std::collections::VecDeque;
use std::time::Duration;

use self::entry::{Entry, Item};
use crate::media::{AudioConfig, MediaTime, Packet, Track, TrackConfig, VideoConfig};

/// How much may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How old waiting video may be.
    pub time: Duration,
    /// Last resort: bytes that may wait, bookkeeping included.
    pub bytes: usize,
}

impl Default for Limits {
    /// Late early enough that the queue stays below a second while a keyframe,
    /// which can't be dropped, is being written.
    fn default() -> Self {
        Self { time: Duration::from_millis(750), bytes: 8 << 20 }
    }
}

/// The headers that a session starts with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Headers {
    /// Of the sound, to be sent first.
    pub audio: Option<AudioConfig>,
    /// Of the pictures.
    pub video: Option<VideoConfig>,
}

/// What is to be written next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// A session starts here, with a keyframe at time 0: metadata and headers
    /// are due. In a running session: leave it, go on with the one prepared by
    /// [`SendQueue::switch_at_keyframe`].
    Start(Headers),
    /// A track's header has changed.
    Config(TrackConfig),
    /// A packet, with its times in the session.
    Media(Timed),
}

/// A packet with its times in the session.
#[derive(Clone, Debug, PartialEq)]
pub struct Timed {
    /// The packet.
    pub packet: Packet,
    /// Decoding time in ms after the session's start. Never falls within a track;
    /// wraps after 49 days as RTMP's timestamps do (RTMP 1.0 §5.3.1.3).
    pub timestamp: u32,
    /// Presentation after decoding, in ms; 0 while nothing is reordered.
    pub composition: i32,
}

/// Why video is being dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// It was older than the bound: the link is too slow for it.
    Late,
    /// Pictures were lost before they came here: the sink was too slow as a whole.
    Gap,
    /// The bound in bytes was met.
    Memory,
}

/// Dropping that goes on now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropping {
    /// Time of the newest packet when it began.
    pub since: MediaTime,
    /// Its reason.
    pub why: DropReason,
}

/// What was dropped since the queue was made, over all sessions. What comes in
/// while no session is open is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drops {
    /// Video frames.
    pub frames: u64,
    /// Audio packets; only ever by the bound in bytes, or lost before they came here.
    pub audio: u64,
    /// Payload bytes of both, as far as they came here.
    pub bytes: u64,
    /// How often dropping began.
    pub episodes: u64,
}

/// Packets that were lost before they came here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Pictures.
    pub video: u64,
    /// Access units of sound.
    pub audio: u64,
}

/// The packets that wait for one destination's wire.
#[derive(Debug)]
pub struct SendQueue {
    limits: Limits,
    /// The track that sessions start with.
    leader: Track,
    /// In decoding order over both tracks.
    entries: VecDeque<Entry>,
    /// Cost of all entries.
    bytes: usize,
    phase: Phase,
    /// The latest header of each track.
    headers: Headers,
    /// A new session starts at the next keyframe although one is open.
    switching: bool,
    /// Time 0 of the session whose `Start` was handed out.
    base: Option<MediaTime>,
    /// Last timestamp handed out, by track, before wrapping.
    last: [u64; 2],
    /// The packet handed out last, until it is flushed.
    in_flight: Option<(Track, MediaTime)>,
    /// The newest time that came in, by track, dropped or not. Sound and picture
    /// need not come in together: sound can be late as a whole.
    newest: [MediaTime; 2],
    dropping: Option<Dropping>,
    drops: Drops,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// No session: packets are let go.
    Closed,
    /// A session waits for its keyframe; sound is held.
    Waiting,
    /// The session's start was queued.
    Open,
}

impl SendQueue {
    /// Before any packet.
    const NEVER: MediaTime = MediaTime::from_micros(i64::MIN);

    /// An empty queue without a session.
    pub fn new(limits: Limits) -> Self {
        Self::led_by(Track::Video, limits)
    }

    /// The same for a stream without pictures: sessions start with any sound.
    pub fn sound_only(limits: Limits) -> Self {
        Self::led_by(Track::Audio, limits)
    }

    fn led_by(leader: Track, limits: Limits) -> Self {
        Self {
            limits,
            leader,
            entries: VecDeque::new(),
            bytes: 0,
            phase: Phase::Closed,
            headers: Headers::default(),
            switching: false,
            base: None,
            last: [0; 2],
            in_flight: None,
            newest: [Self::NEVER; 2],
            dropping: None,
            drops: Drops::default(),
        }
    }

    /// A session is ready: it starts at the next keyframe that comes in. What
    /// waited for an older session is let go.
    pub fn start_session(&mut self) {
        self.close_session();
        self.phase = Phase::Waiting;
    }

    /// No session: whatever waits and whatever comes in is let go, uncounted.
    /// Headers are remembered.
    pub fn close_session(&mut self) {
        self.entries.clear();
        self.bytes = 0;
        self.phase = Phase::Closed;
        self.switching = false;
        self.base = None;
        self.in_flight = None;
        self.newest = [Self::NEVER; 2];
        self.dropping = None;
    }

    /// Time 0 of the open session, once its start was handed out.
    pub fn base(&self) -> Option<MediaTime> {
        self.base
    }

    /// A second session is ready and takes over at the next keyframe, where
    /// [`SendQueue::pop`] says [`Next::Start`]; the open one gets all before it.
    /// Without an open session this is [`SendQueue::start_session`].
    pub fn switch_at_keyframe(&mut self) {
        match self.phase {
            Phase::Open => self.switching = true,
            Phase::Closed | Phase::Waiting => self.start_session(),
        }
    }

    /// The second session is not to take over after all: the open one gets what was
    /// meant for it, which it can go on with.
    pub fn stay(&mut self) {
        self.switching = false;
        // The open session's own start comes first, where it still waits.
        let mut own = self.base.is_none();
        let bytes = &mut self.bytes;
        self.entries.retain(|entry| {
            let is_start = matches!(entry.item, Item::Start(_));
            let keep = !is_start || std::mem::take(&mut own);
            if !keep {
                *bytes -= entry.item.cost();
            }
            keep
        });
    }

    /// Takes over a track's header. In an open session one that a decoder has to
    /// know of is queued.
    pub fn push_config(&mut self, config: TrackConfig) {
        if !self.headers.replace(config.clone()) || self.phase != Phase::Open {
            return;
        }
        self.insert(Entry { dts: self.newest(), item: Item::Config(config) });
    }

    /// Takes in a packet, or lets it go.
    pub fn push(&mut self, packet: Packet) {
        if self.phase == Phase::Closed {
            return;
        }
        let newest = &mut self.newest[packet.track as usize];
        *newest = packet.dts.max(*newest);
        match packet.track {
            Track::Audio => self.push_audio(packet),
            Track::Video if packet.keyframe => self.push_keyframe(packet),
            Track::Video => self.push_inter(packet),
        }
        self.shed();
    }

    /// Packets were lost behind the newest that came in: pictures that depend on
    /// them are useless.
    pub fn mark_gap(&mut self, lost: Lost) {
        if self.phase != Phase::Open {
            return;
        }
        self.drops.frames += lost.video;
        self.drops.audio += lost.audio;
        if lost.video > 0 {
            self.start_dropping(DropReason::Gap);
        }
    }

    /// What is to be written next. Asked for when all or nearly all before it
    /// has been handed to the system: what is popped can't be dropped any more.
    pub fn pop(&mut self) -> Option<Next> {
        if self.phase != Phase::Open {
            return None;
        }
        while let Some(Entry { dts, item }) = self.entries.pop_front() {
            self.bytes -= item.cost();
            match item {
                Item::Start(headers) => return Some(self.start(dts, headers)),
                Item::Config(config) => return Some(Next::Config(config)),
                Item::Media(packet) => {
                    // Sound that came too late for its place before the start.
                    let Some(base) = self.base.filter(|base| *base <= dts) else { continue };
                    self.in_flight = Some((packet.track, dts));
                    return Some(Next::Media(self.timed(packet, base)));
                }
            }
        }
        None
    }

    /// All that was popped is with the system now. Until this is said, the last
    /// packet counts as waiting.
    pub fn flushed(&mut self) {
        self.in_flight = None;
    }

    /// How far the oldest packet that waits lies behind the newest of its track
    /// that came in; the greater of both tracks. Sound and keyframes can be older
    /// than the bound when the link stands still.
    pub fn queued(&self) -> Duration {
        self.age(Track::Audio).max(self.age(Track::Video))
    }

    /// Payload that waits, in bytes, with a little for bookkeeping.
    pub fn queued_bytes(&self) -> usize {
        self.bytes
    }

    /// Whether nothing waits, neither here nor half written.
    pub fn is_empty(&self) -> bool {
        self.in_flight.is_none() && (self.phase != Phase::Open || self.entries.is_empty())
    }

    /// Whether a keyframe is needed to go on and there is room for it. A level,
    /// not an event: true until the keyframe comes in.
    pub fn wants_keyframe(&self) -> bool {
        match self.phase {
            Phase::Closed => false,
            _ if self.leader == Track::Audio => false,
            Phase::Waiting => true,
            Phase::Open if self.switching => true,
            Phase::Open => self.dropping.is_some() && self.queued() <= self.limits.time / 4,
        }
    }

    /// Dropping that goes on now: incoming video is let go until a keyframe.
    pub fn dropping(&self) -> Option<Dropping> {
        self.dropping
    }

    /// What was dropped so far.
    pub fn drops(&self) -> Drops {
        self.drops
    }

    /// The latest header of each track.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    fn push_audio(&mut self, packet: Packet) {
        if self.leader == Track::Audio && !self.lead(packet.dts) {
            return;
        }
        self.insert(Entry { dts: packet.dts, item: Item::Media(packet) });
        if self.phase == Phase::Waiting {
            let horizon = self.newest[Track::Audio as usize] - self.limits.time;
            self.remove_where(|entry| entry.dts < horizon, |_| ());
        }
    }

    fn push_keyframe(&mut self, packet: Packet) {
        if self.leader == Track::Video && !self.lead(packet.dts) {
            return;
        }
        self.insert(Entry { dts: packet.dts, item: Item::Media(packet) });
        self.shed();
        if !self.is_late() {
            self.dropping = None;
        }
    }

    fn push_inter(&mut self, packet: Packet) {
        if self.phase == Phase::Waiting {
            return;
        }
        if self.dropping.is_some() {
            self.drops.count(&packet);
            return;
        }
        self.insert(Entry { dts: packet.dts, item: Item::Media(packet) });
    }

    /// A packet that a session can start with: queues the start where one is
    /// due. False where it can't be: a packet without its header is undecodable.
    fn lead(&mut self, dts: MediaTime) -> bool {
        let due = self.phase == Phase::Waiting || self.switching;
        let known = match self.leader {
            Track::Audio => self.headers.audio.is_some(),
            Track::Video => self.headers.video.is_some(),
        };
        if due && known {
            self.queue_start(dts);
        }
        !due || known
    }

    fn queue_start(&mut self, dts: MediaTime) {
        if self.phase == Phase::Waiting {
            self.remove_where(|entry| entry.dts < dts, |_| ());
        }
        self.phase = Phase::Open;
        self.switching = false;
        let start = Entry { dts, item: Item::Start(self.headers.clone()) };
        self.bytes += start.item.cost();
        // Sound of the same time belongs to the new session.
        let place = self.entries.partition_point(|entry| entry.dts < dts);
        self.entries.insert(place, start);
    }

    /// Puts an entry where its time belongs, never before one of its own track.
    fn insert(&mut self, entry: Entry) {
        self.bytes += entry.item.cost();
        let after = |e: &Entry| e.dts > entry.dts && !e.item.same_track(&entry.item);
        let later = self.entries.iter().rev().take_while(|e| after(e)).count();
        self.entries.insert(self.entries.len() - later, entry);
    }

    /// Keeps the bounds.
    fn shed(&mut self) {
        if self.is_late() {
            self.drop_late();
        }
        if self.bytes > self.limits.bytes {
            self.drop_all();
        }
    }

    /// Whether the oldest video that waits, or is being written, is too old.
    fn is_late(&self) -> bool {
        self.phase == Phase::Open && self.age(Track::Video) > self.limits.time
    }

    fn drop_late(&mut self) {
        let horizon = self.newest[Track::Video as usize] - self.limits.time;
        let young =
            self.entries.iter().find(|e| e.dts >= horizon && e.item.is_keyframe()).map(|e| e.dts);
        let mut drops = self.drops;
        let droppable = |e: &Entry| e.item.is_inter() && young.is_none_or(|young| e.dts < young);
        self.remove_where(droppable, |packet| drops.count(packet));
        let any = drops != self.drops;
        self.drops = drops;
        if young.is_none() {
            self.start_dropping(DropReason::Late);
        } else if any && self.dropping.is_none() {
            self.drops.episodes += 1;
        }
    }

    fn drop_all(&mut self) {
        let mut drops = self.drops;
        self.remove_where(
            |entry| matches!(entry.item, Item::Media(_)),
            |packet| drops.count(packet),
        );
        self.drops = drops;
        self.start_dropping(DropReason::Memory);
    }

    fn start_dropping(&mut self, why: DropReason) {
        if self.dropping.is_none() {
            self.dropping = Some(Dropping { since: self.newest(), why });
            self.drops.episodes += 1;
        }
    }

    /// Removes entries of media and hands each packet to `each`.
    fn remove_where(&mut self, remove: impl Fn(&Entry) -> bool, mut each: impl FnMut(&Packet)) {
        let bytes = &mut self.bytes;
        self.entries.retain(|entry| {
            let Item::Media(packet) = &entry.item else { return true };
            let keep = !remove(entry);
            if !keep {
                *bytes -= entry.item.cost();
                each(packet);
            }
            keep
        });
    }

    /// Age of the oldest packet of a track, queued or in flight.
    fn age(&self, track: Track) -> Duration {
        if self.phase != Phase::Open {
            return Duration::ZERO;
        }
        let in_flight = self.in_flight.filter(|(of, _)| *of == track).map(|(_, dts)| dts);
        let queued = || {
            let of_track = |e: &&Entry| matches!(&e.item, Item::Media(p) if p.track == track);
            self.entries.iter().find(of_track).map(|e| e.dts)
        };
        let newest = self.newest[track as usize];
        in_flight.or_else(queued).map_or(Duration::ZERO, |dts| newest.since(dts))
    }

    /// The newest time that came in.
    fn newest(&self) -> MediaTime {
        self.newest[0].max(self.newest[1])
    }

    fn start(&mut self, base: MediaTime, headers: Headers) -> Next {
        self.base = Some(base);
        self.last = [0; 2];
        Next::Start(headers)
    }

    fn timed(&mut self, packet: Packet, base: MediaTime) -> Timed {
        let millis = |time: MediaTime| time.micros_from(base).div_euclid(1_000);
        let last = &mut self.last[packet.track as usize];
        // A latecomer is decoded late, and still belongs where it would have been.
        let decoded = millis(packet.dts.min(packet.pts));
        let dts = u64::try_from(decoded).unwrap_or(0).max(*last);
        *last = dts;
        let composition = millis(packet.pts).saturating_sub(i64::try_from(dts).unwrap_or(i64::MAX));
        Timed {
            // The wire's timestamps wrap; see `Timed::timestamp`.
            timestamp: dts as u32,
            composition: composition.clamp(i32::MIN.into(), i32::MAX.into()) as i32,
            packet,
        }
    }
}

impl Headers {
    /// Takes over a header; whether it is news to a decoder. Another bitrate is
    /// not.
    fn replace(&mut self, config: TrackConfig) -> bool {
        match config {
            TrackConfig::Audio(audio) => {
                let new = audio.specific_config.clone();
                self.audio.replace(audio).is_none_or(|old| old.specific_config != new)
            }
            TrackConfig::Video(video) => {
                let new = video.decoder_config.clone();
                self.video.replace(video).is_none_or(|old| old.decoder_config != new)
            }
        }
    }
}

impl Lost {
    /// One more of this track.
    pub fn count(&mut self, track: Track) {
        match track {
            Track::Video => self.video += 1,
            Track::Audio => self.audio += 1,
        }
    }
}

impl Drops {
    fn count(&mut self, packet: &Packet) {
        match packet.track {
            Track::Audio => self.audio += 1,
            Track::Video => self.frames += 1,
        }
        self.bytes += packet.data.len() as u64;
    }
}

#[cfg(test)]
mod tests;
