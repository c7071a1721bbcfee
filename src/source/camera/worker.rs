//! A camera's thread: finds it, opens it, reads it, and begins again when
//! anything goes wrong. It owns the device; nothing else ever touches it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::attempts::Attempts;
use super::backend::{Arrival, Backend, Capture, Found};
use super::choose::{Mode, Wish};
use super::shared::Shared;
use super::watch::{Backoff, Patience, RateMeter, Unreadable, stall};
use crate::media::{Clock, FramePool, FrameRate, MediaTime, Planes};
use crate::scene::{Converter, RawImage};
use crate::source::Trouble;

/// How often the thread looks up from waiting.
const LOOK_UP: Duration = Duration::from_millis(100);

/// All that a camera's thread owns.
pub(super) struct Worker {
    /// The system's cameras.
    pub backend: Box<dyn Backend>,
    /// The identity that is wanted; `None`: the first camera, and from then on
    /// that one.
    pub id: Option<String>,
    /// What the output needs.
    pub wish: Wish,
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
        while !self.shared.is_closed() {
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
            self.pause(backoff.next());
        }
    }

    /// A session whose panics, which a driver's wrapper may have, cost it and no
    /// more.
    pub(super) fn guarded_session(&mut self) -> Result<(), Trouble> {
        catch_unwind(AssertUnwindSafe(|| self.session()))
            .unwrap_or_else(|_| Err(Trouble::Failed("its driver is at fault".into())))
    }

    /// From finding the camera to its end; `Ok` when the source let go.
    pub(super) fn session(&mut self) -> Result<(), Trouble> {
        let Some(camera) = self.find() else {
            self.attempts.forget();
            return Err(Trouble::Missing);
        };
        self.shared.state().name = Some(camera.name.clone());
        if let Some(trouble) = &camera.trouble {
            return Err(trouble.clone());
        }
        let mode = self.attempts.choose(&camera.offers, &self.wish).ok_or_else(|| {
            Trouble::Failed("it has no picture format of the kind that is asked for".into())
        })?;
        let before = self.shared.state().arrived;
        let end = self.look(&camera, &mode);
        if matches!(end, Err(Trouble::Failed(_))) && self.shared.state().arrived == before {
            self.attempts.failed(mode);
        }
        end
    }

    /// Opens the camera in a mode and stays until its end.
    fn look(&self, camera: &Found, mode: &Mode) -> Result<(), Trouble> {
        let mut capture = self.backend.open(camera, mode)?;
        {
            let mut state = self.shared.state();
            state.mode = Some(capture.mode());
            state.stall = stall(capture.rate());
            (state.fps, state.fps_set) = (None, capture.rate().map(FrameRate::as_f64));
        }
        self.stream(&mut *capture)
    }

    /// The camera that is wanted, and never another in its place.
    fn find(&mut self) -> Option<Found> {
        let mut cameras = self.backend.list().into_iter();
        let camera = match &self.id {
            Some(id) => cameras.find(|camera| camera.id == *id)?,
            None => cameras.next()?,
        };
        self.id = Some(camera.id.clone());
        Some(camera)
    }

    fn stream(&self, capture: &mut dyn Capture) -> Result<(), Trouble> {
        let mut developer = Developer::default();
        let mut unreadable = Unreadable::default();
        let mut patience = Patience::new(self.now(), stall(capture.rate()));
        while !self.shared.is_closed() {
            self.beat();
            let (clock, shared) = (self.clock, &self.shared);
            let mut read = false;
            let arrival = capture.next(LOOK_UP, &mut |image, age| {
                let taken = clock.at(Instant::now()) - age;
                read = developer.develop(&image, taken, shared);
            })?;
            self.count(arrival);
            let hopeless = arrival.picture && !unreadable.goes_on(read);
            if hopeless || !patience.goes_on(read, self.now()) {
                return Err(match unreadable.is_all_there_was() {
                    true => Trouble::Failed("it sends pictures that can't be read".into()),
                    false => Trouble::Stalled,
                });
            }
        }
        Ok(())
    }

    fn count(&self, arrival: Arrival) {
        if arrival.dropped > 0 {
            self.shared.state().dropped += arrival.dropped;
        }
    }

    /// Waits, but not for longer than the source wants the camera.
    fn pause(&self, pause: Duration) {
        let until = Instant::now() + pause;
        while !self.shared.is_closed() && Instant::now() < until {
            self.beat();
            thread::sleep(LOOK_UP.min(until.saturating_duration_since(Instant::now())));
        }
    }

    fn now(&self) -> MediaTime {
        self.clock.at(Instant::now())
    }

    fn beat(&self) {
        self.shared.beat(self.now());
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
        let fps = self.meter.count(taken);
        let mut state = shared.state();
        match &result {
            Ok(()) => {
                state.latest = Some(frame);
                state.arrived += 1;
                state.trouble = None;
                state.fps = fps.or(state.fps);
            }
            Err(error) => {
                state.dropped += 1;
                tracing::debug!(%error, "picture from the camera");
            }
        }
        result.is_ok()
    }
}
