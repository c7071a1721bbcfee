//! A camera's thread: finds it, opens it, reads it, and begins again when
//! anything goes wrong. It owns the device; nothing else ever touches it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::backend::{Arrival, Backend, Capture, Found};
use super::choose::Wish;
use super::shared::Shared;
use super::watch::{Backoff, Patience, RateMeter, stall};
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
        let camera = self.find().ok_or(Trouble::Missing)?;
        self.shared.state().name = Some(camera.name.clone());
        let mut capture = self.backend.open(&camera, &self.wish)?;
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

    fn stream(&mut self, capture: &mut dyn Capture) -> Result<(), Trouble> {
        let mut developer = Developer::default();
        let mut patience = Patience::new(self.now(), stall(capture.rate()));
        while !self.shared.is_closed() {
            self.beat();
            let (clock, shared) = (self.clock, &self.shared);
            let arrival = capture.next(LOOK_UP, &mut |image, age| {
                let taken = clock.at(Instant::now()) - age;
                developer.develop(&image, taken, shared);
            })?;
            self.count(arrival);
            if !patience.goes_on(arrival.picture, self.now()) {
                return Err(Trouble::Stalled);
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
    /// Converts a picture and hands it to the source. A damaged one is counted.
    fn develop(&mut self, image: &RawImage<'_>, taken: MediaTime, shared: &Shared) {
        let layout = image.layout();
        let pool = match &mut self.pool {
            Some((of, pool)) if *of == layout => pool,
            other => &mut other.insert((layout, FramePool::new(layout))).1,
        };
        let mut result = Ok(());
        let frame = pool.fill(taken, |picture| result = self.converter.convert(image, picture));
        let fps = self.meter.count(taken);
        let mut state = shared.state();
        match result {
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
    }
}
