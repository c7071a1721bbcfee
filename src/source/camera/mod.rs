//! Cameras: one thread for each, which owns the device.
//!
//! The source never waits. It shows the newest picture; when none comes any
//! more it shows the last one for a while, then a slate that says what is
//! missing, until the thread has the camera back.

mod attempts;
mod backend;
mod choose;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod native;
mod pacer;
mod request;
mod shared;
mod watch;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use self::attempts::Attempts;
use self::backend::Backend;
use self::choose::Wish;
use self::pacer::{Pacer, Pick};
use self::request::Request;
use self::shared::{Shared, State};
use self::watch::LAST_PICTURE;
use self::worker::Worker;
use super::life::Overseer;
use super::slate::Slate;
use super::{CameraInfo, CameraMode, Error, SourceStatus, Trouble, VideoSource};
use crate::media::{Clock, FrameRate, MediaTime, Planes, VideoFrame};
use crate::scene::Turn;
use crate::supervise::{self, Part};
use crate::text::device::{delivers, error, slate};

/// A camera as a source.
pub struct Camera {
    request: Request,
    /// The output's size.
    layout: Planes,
    wish: Wish,
    clock: Clock,
    shared: Arc<Shared>,
    overseer: Overseer,
    pacer: Pacer,
    /// What the slate in use says under the name, and the slate.
    slate: Option<(&'static str, Slate)>,
    /// Whether the last picture was the slate.
    shows_slate: bool,
}

impl Camera {
    /// A camera by what was asked for: its identity, and perhaps `;size=640x480`,
    /// `;fps=25`, `;format=YUYV`, `;rotate=90`, `;mirror` behind it. An empty
    /// identity is the first camera there is. Opens it on a thread of its own.
    pub fn open(asked: &str, layout: Planes, rate: FrameRate, clock: Clock) -> Result<Self, Error> {
        let request = Request::parse(asked).map_err(Error::Request)?;
        let wish = Wish {
            layout: request.seen(layout),
            rate: request.rate.unwrap_or(rate),
            size: request.size,
            format: request.format,
        };
        let shared = start(&request, wish, clock)?;
        Ok(Self {
            request,
            layout,
            wish,
            clock,
            shared,
            overseer: Overseer::default(),
            pacer: Pacer::default(),
            slate: None,
            shows_slate: false,
        })
    }

    /// Leaves a thread that panicked or gave no sign of life, and starts another for the
    /// same camera.
    fn abandon_if_dead(&mut self, now: MediaTime) {
        if self.overseer.replaces(&self.shared.life, now) {
            self.begin_again(Trouble::Failed(error::STOPPED.into()));
        } else if self.overseer.gives_up(&self.shared.life, now) {
            tracing::warn!(
                camera = self.name(),
                "the camera's driver does not answer; opening it a second time"
            );
            self.begin_again(Trouble::Stalled);
        }
    }

    fn begin_again(&mut self, trouble: Trouble) {
        self.shared.life.close();
        let (id, name) = {
            let state = self.shared.state();
            (state.id.clone(), state.name.clone())
        };
        let request = Request { id: id.unwrap_or_else(|| self.request.id.clone()), ..self.request };
        if let Ok(shared) = start(&request, self.wish, self.clock) {
            {
                let mut state = shared.state();
                (state.name, state.trouble) = (name, Some(trouble));
            }
            (self.shared, self.request) = (shared, request);
            self.pacer.idle(0);
        }
    }

    /// Its name, or else what it was asked for by.
    fn name(&self) -> String {
        self.shared.state().name.clone().unwrap_or_else(|| self.request.id.clone())
    }

    /// What is wrong at `now`: what the thread says, or that nothing comes.
    fn trouble(&self, state: &State, now: MediaTime) -> Option<Trouble> {
        let patience = if state.came.is_some() { state.stall } else { watch::FIRST_PICTURE };
        let stalled = || {
            self.silent(state, now).filter(|silent| *silent >= patience).map(|_| Trouble::Stalled)
        };
        state.trouble.clone().or_else(stalled)
    }

    /// How long no picture has come, or none since the source began.
    fn silent(&self, state: &State, now: MediaTime) -> Option<Duration> {
        let last = state.came.or(self.overseer.since())?;
        Some(now.since(last))
    }

    fn slate(&mut self, words: &'static str, due: MediaTime) -> VideoFrame {
        let slate = match self.slate.take() {
            Some((of, slate)) if of == words => slate,
            _ => Slate::draw(self.layout, &self.name(), words, slate::CAMERA),
        };
        let picture = slate.picture();
        self.slate = Some((words, slate));
        self.shows_slate = true;
        VideoFrame { time: due, picture }
    }

    /// Whether it has shown nothing yet for so long that it is said to be starting.
    fn is_slow(&self, state: &State, now: MediaTime) -> bool {
        let began = self.overseer.since().filter(|_| state.came.is_none());
        began.is_some_and(|began| now.since(began) >= watch::SLOW_START)
    }
}

impl VideoSource for Camera {
    fn frame(&mut self, due: MediaTime) -> Option<VideoFrame> {
        self.abandon_if_dead(due);
        self.shared.ask(due);
        let state = self.shared.state().clone();
        let picture = match self.pacer.tick(state.arrived) {
            Pick::Before => state.before.clone().or_else(|| state.latest.clone()),
            Pick::Newest => state.latest.clone(),
        };
        let trouble = self.trouble(&state, due);
        let fresh = |frame: &VideoFrame| due.since(frame.time) < LAST_PICTURE;
        self.shows_slate = false;
        match (picture, trouble) {
            (Some(frame), None) => Some(frame),
            (Some(frame), Some(_)) if fresh(&frame) => Some(frame),
            (_, Some(trouble)) => Some(self.slate(words(&trouble), due)),
            (None, None) if self.is_slow(&state, due) => Some(self.slate(slate::STARTING, due)),
            (None, None) => None,
        }
    }

    fn idle(&mut self, due: MediaTime) {
        self.abandon_if_dead(due);
        self.pacer.idle(self.shared.state().arrived);
    }

    fn turn(&self) -> Option<Turn> {
        (!self.shows_slate).then_some(self.request.turn)
    }

    fn status(&self) -> SourceStatus {
        let state = self.shared.state().clone();
        let now = self.clock.at(std::time::Instant::now());
        let trouble = self.trouble(&state, now);
        // While it is being opened its silence says nothing.
        let known = state.came.is_some() || trouble.is_some();
        SourceStatus {
            name: self.name(),
            delivers: delivers(&state),
            silent: self.silent(&state, now).filter(|_| known),
            fps: state.fps,
            fps_sent: state.fps_sent,
            fps_lost: state.fps_lost,
            fps_set: state.fps_set,
            trouble,
            repeated: self.pacer.repeated,
            dropped: state.dropped + self.pacer.skipped,
            lost: state.lost,
            deaths: self.overseer.deaths(),
            ..SourceStatus::default()
        }
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.shared.life.close();
    }
}

/// What a camera was asked for and delivers, in words.
fn delivers(state: &State) -> String {
    /// Fewer than one in twenty are no matter.
    const MATTERS: f64 = 1.05;
    match (&state.mode, state.fps, state.fps_sent) {
        (Some(mode), Some(fps), Some(sent)) if sent > fps * MATTERS => {
            delivers::used(mode, sent, fps)
        }
        (Some(mode), Some(fps), _) => delivers::delivered(mode, fps),
        (Some(mode), None, _) => delivers::asked(mode),
        (None, ..) => String::new(),
    }
}

/// The words under a missing camera's name.
fn words(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Missing => slate::MISSING,
        Trouble::Busy => slate::BUSY,
        Trouble::Denied => slate::DENIED,
        Trouble::Stalled => slate::STALLED,
        Trouble::Failed(_) => slate::FAILED,
    }
}

/// Starts a camera's thread.
fn start(request: &Request, wish: Wish, clock: Clock) -> Result<Arc<Shared>, Error> {
    let shared = Arc::new(Shared::default());
    let now = clock.at(std::time::Instant::now());
    shared.life.beat(now);
    shared.ask(now);
    let worker = Worker {
        backend: system(),
        id: Some(request.id.clone()).filter(|id| !id.is_empty()),
        place: None,
        wish,
        attempts: Attempts::default(),
        clock,
        shared: Arc::clone(&shared),
    };
    let failed = |error: std::io::Error| Error::Thread {
        name: request.id.clone(),
        reason: error.to_string(),
    };
    let thread = supervise::spawn(Part::Camera.name(), move || worker.run()).map_err(failed)?;
    shared.life.begins(thread.fate());
    Ok(shared)
}

/// This system's cameras.
fn system() -> Box<dyn Backend> {
    #[cfg(target_os = "linux")]
    return Box::new(linux::V4l);
    #[cfg(not(target_os = "linux"))]
    return Box::new(native::Native);
}

/// Whether what is asked of a camera makes sense; if not, in words.
pub(super) fn check(asked: &str) -> Result<(), String> {
    Request::parse(asked).map(|_| ())
}

/// What a picture that is no camera's is turned by; options that make no sense are
/// an error, in words.
pub(super) fn turn_of(options: &str) -> Result<Turn, String> {
    Request::turn_of(options)
}

/// Lists the cameras. Asks drivers, which may take their time.
pub(super) fn list() -> Vec<CameraInfo> {
    let info = |found: backend::Found| CameraInfo {
        id: found.id,
        name: found.name,
        modes: found.offers.iter().map(mode_info).collect(),
        unknown_formats: found.unknown,
        trouble: found.trouble,
    };
    system().list().into_iter().map(info).collect()
}

fn mode_info(offer: &choose::Offer) -> CameraMode {
    CameraMode {
        format: request::name_of(offer.format).into(),
        width: offer.width,
        height: offer.height,
        fps: offer.rates.iter().map(|rate| (rate.as_f64() * 100.0).round() / 100.0).collect(),
    }
}

#[cfg(test)]
mod tests;
