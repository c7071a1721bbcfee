//! A camera's thread: finds it, opens it, reads it, and begins again when
//! anything goes wrong. It owns the device; nothing else ever touches it.

use std::sync::Arc;
use std::time::Instant;

use super::attempts::Attempts;
use super::backend::{Arrival, Backend, Capture, Found};
use super::choose::{Mode, Wish};
use super::shared::Shared;
use super::watch::{Patience, RateMeter, Unreadable, stall};
use crate::media::{Clock, FramePool, FrameRate, MediaTime, Planes};
use crate::scene::{Converter, RawImage};
use crate::source::Trouble;
use crate::source::hold::Hold;
use crate::source::life::{Backoff, LOOK_UP};
use crate::supervise::{self, Part};
use crate::text::device::error;

/// All that a camera's thread owns.
pub(super) struct Worker {
    /// The system's cameras.
    pub backend: Box<dyn Backend>,
    /// The identity that is wanted; `None`: the first camera, and from then on
    /// that one.
    pub id: Option<String>,
    /// What the output needs.
    pub wish: Wish,
    /// Where it was plugged in when it was seen last.
    pub place: Option<String>,
    /// The modes that did not work.
    pub attempts: Attempts,
    /// The media clock.
    pub clock: Clock,
    /// Where the pictures go.
    pub shared: Arc<Shared>,
}

impl Worker {
    /// Runs until the source lets go.
    pub fn run(mut self) {
        let mut backoff = Backoff::default();
        while !self.shared.life.is_closed() {
            supervise::falter(Part::Camera);
            self.beat();
            let before = self.shared.state().arrived;
            let end = self.guarded_session();
            let mut state = self.shared.state();
            if state.arrived != before {
                backoff.reset();
            }
            if let Err(trouble) = end {
                state.trouble = Some(trouble);
            }
            drop(state);
            self.shared.life.pause(backoff.next(), self.clock);
        }
    }

    /// A session whose panics, which a driver's wrapper may have, cost it and no
    /// more.
    pub(super) fn guarded_session(&mut self) -> Result<(), Trouble> {
        supervise::outlive(|| self.session())
            .unwrap_or_else(|| Err(Trouble::Failed(error::DRIVER.into())))
    }

    /// From finding the camera to its end; `Ok` when the source let go.
    pub(super) fn session(&mut self) -> Result<(), Trouble> {
        let Some(camera) = self.find() else {
            self.attempts.forget();
            return Err(Trouble::Missing);
        };
        {
            let mut state = self.shared.state();
            (state.id, state.name) = (Some(camera.id.clone()), Some(camera.name.clone()));
        }
        if let Some(trouble) = &camera.trouble {
            return Err(trouble.clone());
        }
        let hold = Hold::take(&camera.id, &self.shared.life, self.clock);
        // Where that can't be told without opening it.
        self.opens();
        let offers = self.backend.offers(&camera, &self.wish);
        let mode = self
            .attempts
            .choose(&offers, &self.wish)
            .ok_or_else(|| Trouble::Failed(error::NO_PICTURE_FORMAT.into()))?;
        let before = self.shared.state().arrived;
        let end = self.look(&camera, &mode).map_err(|trouble| match trouble {
            // An old thread of ours has it, that is, and no other program.
            Trouble::Busy if hold.is_shared() => Trouble::Stalled,
            other => other,
        });
        if matches!(end, Err(Trouble::Failed(_))) && self.shared.state().arrived == before {
            self.attempts.failed(mode);
        }
        end
    }

    /// Opens the camera in a mode and stays until its end.
    fn look(&mut self, camera: &Found, mode: &Mode) -> Result<(), Trouble> {
        self.opens();
        let mut capture = self.backend.open(camera, mode)?;
        self.beat();
        // From now on this one, where none was asked for by its identity.
        (self.id, self.place) = (Some(camera.id.clone()), Some(camera.place.clone()));
        {
            let mut state = self.shared.state();
            state.mode = Some(capture.mode());
            state.stall = stall(capture.rate());
            (state.fps, state.fps_sent, state.fps_lost) = (None, None, None);
            state.fps_set = capture.rate().map(FrameRate::as_f64);
        }
        self.stream(&mut *capture)
    }

    /// The camera that is wanted, and never another in its place.
    fn find(&self) -> Option<Found> {
        self.backend.find(self.id.as_deref(), self.place.as_deref())
    }

    fn stream(&self, capture: &mut dyn Capture) -> Result<(), Trouble> {
        let mut developer = Developer::default();
        let mut meters = [RateMeter::default(), RateMeter::default()];
        let mut unreadable = Unreadable::default();
        let mut patience = Patience::new(self.now(), stall(capture.rate()));
        while !self.shared.life.is_closed() {
            self.beat();
            let (clock, shared) = (self.clock, &self.shared);
            let mut read = false;
            let arrival = capture.next(LOOK_UP, &mut |image, age| {
                let now = clock.at(Instant::now());
                read = match shared.is_looked_at(now) {
                    true => developer.develop(&image, now - age, shared),
                    false => developer.leave(now - age, shared),
                };
            })?;
            self.count(arrival, &mut meters);
            let hopeless = arrival.picture && !unreadable.goes_on(read);
            if hopeless || !patience.goes_on(read, self.now()) {
                return Err(match unreadable.is_all_there_was() {
                    true => Trouble::Failed(error::UNREADABLE.into()),
                    false => Trouble::Stalled,
                });
            }
        }
        Ok(())
    }

    fn count(&self, arrival: Arrival, [sent, lost]: &mut [RateMeter; 2]) {
        let fps_sent = sent.count(u64::from(arrival.picture) + arrival.passed, self.now());
        let fps_lost = lost.count(arrival.lost, self.now());
        let mut state = self.shared.state();
        state.dropped += arrival.passed;
        state.lost += arrival.lost;
        state.fps_sent = fps_sent.or(state.fps_sent);
        state.fps_lost = fps_lost.or(state.fps_lost);
    }

    fn now(&self) -> MediaTime {
        self.clock.at(Instant::now())
    }

    fn beat(&self) {
        self.shared.life.beat(self.now());
    }

    fn opens(&self) {
        self.shared.life.opens(self.now());
    }
}

/// Makes frames of device pictures.
#[derive(Default)]
struct Developer {
    converter: Converter,
    pool: Option<(Planes, FramePool)>,
    meter: RateMeter,
}

impl Developer {
    /// Converts a picture and hands it to the source. False: it is damaged, which
    /// is counted.
    fn develop(&mut self, image: &RawImage<'_>, taken: MediaTime, shared: &Shared) -> bool {
        let layout = image.layout();
        let pool = match &mut self.pool {
            Some((of, pool)) if *of == layout => pool,
            other => &mut other.insert((layout, FramePool::new(layout))).1,
        };
        let mut result = Ok(());
        let frame = pool.fill(taken, |picture| result = self.converter.convert(image, picture));
        let fps = self.meter.count(1, taken);
        let mut state = shared.state();
        match &result {
            Ok(()) => {
                state.before = state.latest.replace(frame);
                state.note(taken, fps);
            }
            Err(error) => {
                state.dropped += 1;
                tracing::debug!(%error, "picture from the camera");
            }
        }
        result.is_ok()
    }

    /// Notes a picture that nobody looks at, and does nothing with it.
    fn leave(&mut self, taken: MediaTime, shared: &Shared) -> bool {
        let fps = self.meter.count(1, taken);
        let mut state = shared.state();
        (state.latest, state.before) = (None, None);
        state.note(taken, fps);
        true
    }
}
