//! When the meter is read and the controller asked, and what they say.

use std::time::Duration;

use crate::media::MediaTime;
use crate::publish::bitrate::{Controller, Range, Target};
use crate::publish::link::{LinkFigures, LinkMeter, Sample};

/// The bitrate of one destination, over all its connections.
#[derive(Debug)]
pub struct Pace {
    /// `None`: the bitrate is not to follow the link, or there are no pictures.
    controller: Option<Controller>,
    /// What is wanted.
    wanted: Target,
    audio_kbps: u32,
    next_tick: MediaTime,
}

impl Pace {
    /// Aims at `video_kbps`; follows the link where `adaptive`.
    pub fn new(video_kbps: Option<u32>, audio_kbps: Option<u32>, adaptive: bool) -> Self {
        let wanted = Target { kbps: video_kbps.unwrap_or(0), divisor: 1 };
        let audio_kbps = audio_kbps.unwrap_or(0);
        let controller = video_kbps
            .filter(|_| adaptive)
            .map(|kbps| Controller::new(Range::new(kbps, audio_kbps)));
        Self { controller, wanted, audio_kbps, next_tick: MediaTime::ZERO }
    }

    /// Another bitrate is wanted.
    pub fn set_video_kbps(&mut self, kbps: u32) {
        self.wanted.kbps = kbps;
        if let Some(controller) = &mut self.controller {
            controller.set_range(Range::new(kbps, self.audio_kbps));
        }
    }

    /// The stream is live on a new connection.
    pub fn connected(&mut self, now: MediaTime) {
        if let Some(controller) = &mut self.controller {
            controller.connected(now);
        }
        self.next_tick = now + Controller::TICK;
    }

    /// What the encoder is to make.
    pub fn target(&self) -> Target {
        self.controller.as_ref().map_or(self.wanted, Controller::target)
    }

    /// What the link is taken to carry, in kbit/s, where that is less than
    /// wanted.
    pub fn limit_kbps(&self) -> Option<f64> {
        self.controller.as_ref().and_then(Controller::limit_kbps)
    }

    /// Asks the controller, when it is time.
    pub fn tick(&mut self, now: MediaTime, link: &LinkFigures) {
        if now < self.next_tick {
            return;
        }
        self.next_tick = now + Controller::TICK;
        if let Some(controller) = &mut self.controller {
            controller.tick(now, link);
        }
    }
}

/// The meter of one connection, read at its own beat.
#[derive(Debug)]
pub struct Gauge {
    meter: LinkMeter,
    next: MediaTime,
    /// The queue was empty at some moment since the last sample.
    idle: bool,
}

impl Gauge {
    /// For a connection that has just been opened.
    pub fn new(now: MediaTime) -> Self {
        Self { meter: LinkMeter::new(now), next: now, idle: true }
    }

    /// Nothing waits just now.
    pub fn idle(&mut self) {
        self.idle = true;
    }

    /// Total bytes accepted by the kernel, of the session and on the wire.
    pub fn written(&mut self, now: MediaTime, session: u64, wire: u64) {
        self.meter.written(now, session, wire);
    }

    /// The server acknowledged this many more bytes.
    pub fn acknowledged(&mut self, now: MediaTime, bytes: u64) {
        self.meter.acknowledged(now, bytes);
    }

    /// When the next sample is due.
    pub fn due(&self) -> MediaTime {
        self.next
    }

    /// Takes a sample, when it is time.
    pub fn sample(&mut self, now: MediaTime, sample: impl FnOnce() -> Sample) -> LinkFigures {
        if now >= self.next {
            self.next = now + LinkMeter::SAMPLE;
            let idle = std::mem::take(&mut self.idle);
            return self.meter.sample(now, &Sample { idle, ..sample() });
        }
        self.meter.figures()
    }

    /// How long nothing has got through, where that is too long.
    pub fn dead(&mut self, now: MediaTime, waiting: bool) -> Option<Duration> {
        self.meter.is_dead(now, waiting).then(|| self.meter.silent(now, waiting))
    }
}
