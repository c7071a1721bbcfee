//! How many bits a second the encoder may make.
//!
//! A [`Controller`] is asked each 200 ms. Two observations
//! drive it. *Delay*: how old the send queue's oldest packet is, plus what the
//! round trip has grown by. *Capacity*: what arrives while there is always
//! something to send is what the link carries, no more and no less.
//!
//! 1. Down: when delay builds up and less arrives than is made, the limit becomes
//!    what arrives; while the delay lasts the target stays below it, so that what
//!    has piled up drains.
//! 2. Up: a busy link that carries more than the limit raises it at once.
//!    Otherwise, once the delay is gone, the limit grows by itself, slowly near
//!    the capacity that failed last and faster the longer nothing happens.
//! 3. Below the floor, frames are left out: the bits of a frame never sink below
//!    the floor's. The picture's size never changes.
//!
//! The bound on queued time is not kept here; it holds whatever is decided.

use std::time::Duration;

use super::link::LinkFigures;
use crate::media::MediaTime;

/// Between which rates the controller moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Lowest video bitrate at the full frame rate, in kbit/s.
    pub floor_kbps: u32,
    /// Video bitrate wanted, in kbit/s.
    pub ceiling_kbps: u32,
    /// Bitrate of the sound, in kbit/s; it is never lowered.
    pub audio_kbps: u32,
}

impl Range {
    /// A range with the usual floor, a fifth of the ceiling.
    pub fn new(ceiling_kbps: u32, audio_kbps: u32) -> Self {
        Self { floor_kbps: ceiling_kbps / 5, ceiling_kbps, audio_kbps }
    }
}

/// What the encoder is to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Bits that all frames of a second take together, in kbit/s.
    pub kbps: u32,
    /// One frame of so many is encoded, 1 to [`Controller::MOST_SKIPPED`].
    pub divisor: u32,
}

/// Decides the bitrate of one connection after the other to one destination.
#[derive(Debug)]
pub struct Controller {
    range: Range,
    /// What the link carries, sound and all, in kbit/s; `None` while it has
    /// carried all that was wanted.
    limit: Option<f64>,
    trouble: Option<Trouble>,
    /// The delay of the last tick.
    delay: Duration,
    /// The last tick saw less get through than was sent.
    suspicion: bool,
    /// Another divisor has been wanted since then.
    crossing: Option<MediaTime>,
    /// When the connection was made.
    connected: MediaTime,
    target: Target,
}

/// The last time that more was sent than got through.
#[derive(Clone, Copy, Debug)]
struct Trouble {
    /// When the delay it made was last seen.
    seen: MediaTime,
    /// How long the delay must be gone before the limit grows.
    patience: Duration,
    /// What got through.
    carried: f64,
    /// The limit before the link stood still, if it did: likely to hold again.
    usual: Option<f64>,
}

impl Controller {
    /// The time between two ticks.
    pub const TICK: Duration = Duration::from_millis(200);

    /// Of how many frames at most all but one are left out.
    pub const MOST_SKIPPED: u32 = 4;

    /// Delay from which on a link that carries too little is in trouble.
    const SOME_DELAY: Duration = Duration::from_millis(100);
    /// Delay that is trouble unless it is shrinking.
    const MUCH_DELAY: Duration = Duration::from_millis(400);
    /// Share of the limit that is used.
    const USED: f64 = 0.93;
    /// What has piled up is to drain in about this time, in seconds.
    const DRAIN_S: f64 = 1.5;
    /// Bits on the wire for each bit of media: tags and chunk headers.
    const FRAMING: f64 = 1.01;
    /// A new connection is left to get going for this long, or some round trips.
    const START: (Duration, u32) = (Duration::from_secs(1), 6);
    /// What a link carried for this long it carries.
    const PROOF: Duration = Duration::from_millis(200);
    /// Shortest and longest wait between trouble and growth.
    const PATIENCE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3));

    /// A controller that asks for all that is wanted.
    pub fn new(range: Range) -> Self {
        Self {
            range,
            limit: None,
            trouble: None,
            delay: Duration::ZERO,
            suspicion: false,
            crossing: None,
            connected: MediaTime::ZERO,
            target: Target { kbps: range.ceiling_kbps, divisor: 1 },
        }
    }

    /// A new connection: what was learnt of the last one's limit still counts.
    pub fn connected(&mut self, now: MediaTime) {
        self.connected = now;
        self.delay = Duration::ZERO;
        if let Some(trouble) = &mut self.trouble {
            trouble.seen = now;
        }
    }

    /// Other limits, from now on.
    pub fn set_range(&mut self, range: Range) {
        self.range = range;
        self.target.kbps = match self.limit {
            Some(_) => self.target.kbps.min(range.ceiling_kbps),
            None => range.ceiling_kbps,
        };
    }

    /// What the encoder is to make.
    pub fn target(&self) -> Target {
        self.target
    }

    /// What the link is taken to carry, in kbit/s, where that is less than what
    /// is wanted.
    pub fn limit_kbps(&self) -> Option<f64> {
        self.limit
    }

    /// Decides anew; each [`Controller::TICK`] while live.
    pub fn tick(&mut self, now: MediaTime, link: &LinkFigures) -> Target {
        let last = std::mem::replace(&mut self.delay, link.delay());
        if self.is_trouble(now, last, link) {
            self.lower(now, link);
        } else if let (Some(limit), Some(trouble)) = (self.limit, self.trouble) {
            self.raise(now, limit, trouble, link);
        }
        self.aim(now);
        self.target
    }

    fn is_trouble(&mut self, now: MediaTime, last: Duration, link: &LinkFigures) -> bool {
        let suspicion = std::mem::take(&mut self.suspicion);
        if self.delay < last || self.delay < Self::SOME_DELAY {
            return false;
        }
        if now.since(self.connected) < self.start(link) {
            return self.delay >= 2 * Self::MUCH_DELAY;
        }
        let carried = link.busy.map_or(1.0, |busy| busy.kbps / self.wanted());
        self.suspicion = carried < 0.97;
        // A small lack may be noise; it has to be there twice.
        carried < 0.6 || (self.suspicion && suspicion) || self.delay >= Self::MUCH_DELAY
    }

    /// How long a connection is left to get going.
    fn start(&self, link: &LinkFigures) -> Duration {
        let (time, trips) = Self::START;
        time.max(link.rtt.unwrap_or_default() * trips)
    }

    fn lower(&mut self, now: MediaTime, link: &LinkFigures) {
        let before = self.limit.unwrap_or_else(|| self.enough());
        let carried = link.busy.map_or(link.kbps, |busy| busy.kbps);
        // At first what arrives just now, to be quick; on a link that is known to be
        // narrow what arrives in a second, for many carry in lumps.
        let carried = if self.limit.is_some() { carried.max(link.kbps) } else { carried };
        let stands_still = carried < 0.1 * self.wanted();
        self.trouble = Some(Trouble {
            seen: now,
            patience: self.patience(now, carried),
            carried,
            // Still there from the same trouble, until something flows.
            usual: self.trouble.and_then(|last| last.usual).or(stands_still.then_some(before)),
        });
        self.limit = Some(carried.min(before).min(self.wanted()).max(self.least()));
    }

    /// A limit that was met twice is tried less often.
    fn patience(&self, now: MediaTime, carried: f64) -> Duration {
        let (shortest, longest) = Self::PATIENCE;
        match self.trouble {
            Some(last) if (last.carried * 0.75..last.carried * 1.33).contains(&carried) => {
                let anew = now.since(last.seen) > shortest;
                if anew { (last.patience * 2).min(longest) } else { last.patience }
            }
            _ => shortest,
        }
    }

    fn raise(&mut self, now: MediaTime, limit: f64, mut trouble: Trouble, link: &LinkFigures) {
        if self.delay >= Self::SOME_DELAY {
            trouble.seen = now;
        } else if let Some(usual) = trouble.usual.take() {
            // It flows again.
            self.limit = Some(limit.max(0.8 * usual));
            trouble.carried = usual;
        }
        self.trouble = Some(trouble);
        let proven = link.busy.filter(|busy| busy.length >= Self::PROOF);
        let calm = now.since(trouble.seen).saturating_sub(trouble.patience);
        let limit = self.limit.unwrap_or(limit).max(proven.map_or(0.0, |busy| busy.kbps));
        let limit = limit + self.growth(limit, calm);
        self.limit = (limit < self.enough()).then_some(limit);
        if self.limit.is_none() {
            self.trouble = None;
        }
    }

    /// How much a limit grows in a tick, when nothing has happened for so long.
    fn growth(&self, limit: f64, calm: Duration) -> f64 {
        if calm.is_zero() {
            return 0.0;
        }
        let per_second = (0.03 + 0.05 * calm.as_secs_f64()).min(0.3);
        per_second * Self::TICK.as_secs_f64() * limit.max(self.enough() / 3.0)
    }

    /// Makes the target of the limit.
    fn aim(&mut self, now: MediaTime) {
        let ceiling = f64::from(self.range.ceiling_kbps);
        let (steady, draining) = self.limit.map_or((ceiling, ceiling), |limit| {
            let backlog = limit * self.delay.as_secs_f64() / Self::DRAIN_S;
            let used = Self::USED * limit;
            (self.video_part(used), self.video_part((used - backlog).max(0.5 * limit)))
        });
        self.skip(now, steady);
        let lowest = f64::from(self.range.floor_kbps) / f64::from(self.target.divisor);
        self.target.kbps = draining.max(lowest).min(ceiling) as u32;
    }

    /// What is being sent if the encoder does as it was asked, in kbit/s.
    fn wanted(&self) -> f64 {
        self.on_wire(f64::from(self.target.kbps))
    }

    /// A link that carries this carries all that is wanted.
    fn enough(&self) -> f64 {
        self.on_wire(f64::from(self.range.ceiling_kbps)) / Self::USED
    }

    /// A link that carries less is not told from this one.
    fn least(&self) -> f64 {
        self.on_wire(f64::from(self.range.floor_kbps / Self::MOST_SKIPPED))
    }

    /// What a video bitrate takes on the wire, with the sound.
    fn on_wire(&self, video_kbps: f64) -> f64 {
        (video_kbps + f64::from(self.range.audio_kbps)) * Self::FRAMING
    }

    /// What a rate on the wire leaves for video.
    fn video_part(&self, kbps: f64) -> f64 {
        (kbps / Self::FRAMING - f64::from(self.range.audio_kbps)).max(0.0)
    }

    /// Chooses how many frames are left out, with some inertia.
    fn skip(&mut self, now: MediaTime, video: f64) {
        let floor = f64::from(self.range.floor_kbps);
        let needed = ((floor / video.max(1.0)).ceil() as u32).clamp(1, Self::MOST_SKIPPED);
        let current = self.target.divisor;
        // One step back has to leave some room, or it would be taken again.
        let fewer = needed < current && video * f64::from(current - 1) >= 1.1 * floor;
        if needed <= current && !fewer {
            self.crossing = None;
            return;
        }
        let since = *self.crossing.get_or_insert(now);
        let inertia = if fewer { Duration::from_secs(1) } else { Duration::from_millis(600) };
        if now.since(since) >= inertia {
            self.target.divisor = if fewer { current - 1 } else { needed };
            self.crossing = None;
        }
    }
}
