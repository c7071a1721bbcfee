//! Microphones: one thread for each, which owns the device; its callback fills a
//! ring that the source empties.

mod channels;
#[cfg(target_os = "linux")]
mod denied;
mod devices;
mod feed;
mod quiet;
mod request;
mod shared;
mod watch;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use rtrb::Consumer;

pub use self::feed::{Feed, FeedCounts};
use self::request::Request;
use self::shared::{Link, Shared};
use self::worker::Worker;
use super::life::Overseer;
use super::{AudioSource, Error, MicrophoneInfo, SourceStatus, Trouble};
use crate::media::{AudioBlock, Clock, MediaTime};
use crate::mix::{Delivery, Intake};
use crate::supervise::{self, Part};
use crate::text::device::{self, delivers, error};

/// The time of a block: 1024 frames at 48 kHz.
const BLOCK: Duration = Duration::from_nanos(21_333_333);

/// A microphone as a source.
pub struct Microphone {
    request: Request,
    clock: Clock,
    shared: Arc<Shared>,
    overseer: Overseer,
    /// The newest block's time, and that of the last one before which samples had
    /// come.
    now: MediaTime,
    heard: Option<MediaTime>,
    /// The ring, and what its samples go through.
    line: Option<Line>,
    /// Samples on their way from the ring to the intake.
    scratch: Vec<f32>,
    /// What earlier intakes had counted.
    dropped_before: u64,
    repeated_before: u64,
}

/// From an open device to the program.
struct Line {
    ring: Consumer<f32>,
    counts: Arc<FeedCounts>,
    delivery: Delivery,
    intake: Intake,
}

impl Microphone {
    /// A microphone by what was asked for: its identity, and perhaps `;channel=2`,
    /// `;channel=3+4` or `;mono` behind it. An empty identity is the system's default.
    /// Opens it on a thread of its own.
    pub fn open(asked: &str, clock: Clock) -> Result<Self, Error> {
        let request = Request::parse(asked).map_err(Error::Request)?;
        let shared = start(&request, clock)?;
        Ok(Self {
            request,
            clock,
            shared,
            overseer: Overseer::default(),
            now: MediaTime::ZERO,
            heard: None,
            line: None,
            scratch: Vec::new(),
            dropped_before: 0,
            repeated_before: 0,
        })
    }

    /// Takes the ring of a device that was opened anew.
    fn connect(&mut self, link: Link) {
        (self.dropped_before, self.repeated_before) = (self.dropped(), self.repeated());
        self.line = None;
        match Intake::new(link.rate, link.channels) {
            Ok(intake) => {
                let (ring, counts) = (link.ring, link.counts);
                self.line = Some(Line { ring, counts, delivery: Delivery::default(), intake });
            }
            Err(error) => self.shared.state().trouble = Some(Trouble::Failed(error.to_string())),
        }
    }

    /// Leaves a thread that panicked or gave no sign of life, and starts another for the
    /// same device.
    fn abandon_if_dead(&mut self, now: MediaTime) {
        if self.overseer.replaces(&self.shared.life, now) {
            self.begin_again(Trouble::Failed(error::STOPPED.into()));
        } else if self.overseer.gives_up(&self.shared.life, now) {
            tracing::warn!(
                microphone = self.name(),
                "the microphone's driver does not answer; opening it a second time"
            );
            self.begin_again(Trouble::Stalled);
        }
    }

    fn begin_again(&mut self, trouble: Trouble) {
        self.shared.life.close();
        let (id, name) = {
            let state = self.shared.state();
            (state.id.clone().or_else(|| self.request.id.clone()), state.name.clone())
        };
        let request = Request { id, ..self.request };
        if let Ok(shared) = start(&request, self.clock) {
            {
                let mut state = shared.state();
                (state.name, state.trouble) = (name, Some(trouble));
            }
            (self.shared, self.request) = (shared, request);
        }
    }

    /// Its name, or else what it was asked for by.
    fn name(&self) -> String {
        let asked = || self.request.id.clone().unwrap_or_default();
        self.shared.state().name.clone().unwrap_or_else(asked)
    }

    /// How long nothing has come; unknown while it is being opened.
    fn silent(&self, trouble: Option<&Trouble>) -> Option<Duration> {
        let last = self.heard.or(self.overseer.since().filter(|_| trouble.is_some()))?;
        Some(self.now.since(last))
    }

    /// Frames that came and were never heard.
    fn dropped(&self) -> u64 {
        self.dropped_before + self.line.as_ref().map_or(0, |line| line.intake.dropped())
    }

    /// Blocks with silence in them because nothing had come.
    fn repeated(&self) -> u64 {
        self.repeated_before + self.line.as_ref().map_or(0, |line| line.intake.starved())
    }
}

impl AudioSource for Microphone {
    fn read(&mut self, block: &mut AudioBlock) {
        self.now = block.time;
        self.abandon_if_dead(block.time);
        if let Some(link) = self.shared.take_link() {
            self.connect(link);
        }
        let Some(Line { ring, counts, delivery, intake }) = &mut self.line else {
            block.samples.fill(0.0);
            return;
        };
        self.scratch.resize(ring.slots(), 0.0);
        if !self.scratch.is_empty() && ring.pop_entire_slice(&mut self.scratch).is_ok() {
            intake.push(&self.scratch);
            self.heard = Some(self.now);
        }
        let end = block.time + BLOCK;
        *delivery = counts.delivery(*delivery, end);
        intake.note(*delivery);
        intake.fill(&mut block.samples, end);
    }

    fn status(&self) -> SourceStatus {
        let state = self.shared.state().clone();
        let delivers = match (&state.setup, &self.line) {
            (Some(setup), Some(Line { intake, .. })) => {
                let ppm = (intake.clock_difference() * 1e6).round();
                delivers::in_step(setup, ppm, intake.latency_s() * 1e3)
            }
            (Some(setup), None) => setup.clone(),
            (None, _) => String::new(),
        };
        SourceStatus {
            name: self.name(),
            delivers,
            silent: self.silent(state.trouble.as_ref()),
            latency: self.line.as_ref().map(|line| line.intake.behind()),
            trouble: state.trouble,
            repeated: self.repeated(),
            dropped: state.dropped + self.dropped(),
            deaths: self.overseer.deaths(),
            ..SourceStatus::default()
        }
    }
}

impl Drop for Microphone {
    fn drop(&mut self) {
        self.shared.life.close();
    }
}

/// Starts a microphone's thread.
fn start(request: &Request, clock: Clock) -> Result<Arc<Shared>, Error> {
    let shared = Arc::new(Shared::default());
    shared.life.beat(clock.at(std::time::Instant::now()));
    let Request { id, channels } = request.clone();
    let worker = Worker { id, channels, clock, shared: Arc::clone(&shared) };
    let failed = |error: std::io::Error| Error::Thread {
        name: request.id.as_deref().unwrap_or(device::THE_MICROPHONE).into(),
        reason: error.to_string(),
    };
    let thread = supervise::spawn(Part::Microphone.name(), move || worker.run()).map_err(failed)?;
    shared.life.begins(thread.fate());
    Ok(shared)
}

/// Whether what is asked of a microphone makes sense; if not, in words.
pub(super) fn check(asked: &str) -> Result<(), String> {
    Request::parse(asked).map(|_| ())
}

/// Lists the microphones. Asks drivers, which may take their time.
pub(super) fn list() -> Vec<MicrophoneInfo> {
    devices::list()
}

/// Why none is listed, if not for want of any.
pub(super) fn why_none() -> Option<Trouble> {
    devices::why_none()
}

#[cfg(test)]
mod tests;
