//! Going elsewhere without a gap, as the server asked (Enhanced RTMP v2,
//! "Reconnect Request").
//!
//! 1. The stream goes on where it is while the new connection is made.
//! 2. Once the new server says that the stream may start, the queue ends the old
//!    session before the next keyframe and starts the new one with it.
//! 3. The old connection is closed after all that was written, without taking the
//!    stream back.
//!
//! If the new place can't be had, nothing has happened. If the old connection ends
//! on the way, the new one takes over at once.

use std::mem;
use std::time::Duration;

use super::Driver;
use super::dial::{Dial, Dialed};
use super::phase::Phase;
use super::session::Running;
use crate::media::MediaTime;
use crate::protocol::rtmp::client::{ClientOptions, Event, MAX_REDIRECTS};
use crate::protocol::rtmp::url::RtmpUrl;
use crate::publish::queue::Headers;
use crate::publish::status::{Failure, State, Step};
use crate::text;

/// The old server has this long to close its side.
const FAREWELL: Duration = Duration::from_millis(1_600);

/// A stream that stayed for this long has arrived: it may be sent elsewhere anew.
const ARRIVED: Duration = Duration::from_secs(10);

/// A connection that is to take over.
pub struct Moving {
    options: ClientOptions,
    stage: Stage,
}

enum Stage {
    Dialing(Box<Dial>),
    /// Speaking RTMP, and whether the stream may start there.
    Session(Box<Running>, bool),
}

/// A connection that the stream has left.
pub struct Leaving {
    running: Box<Running>,
    until: MediaTime,
}

impl Moving {
    /// Whether the stream may start there.
    fn is_ready(&self) -> bool {
        matches!(self.stage, Stage::Session(_, true))
    }

    /// Lets go of it.
    pub fn abort(self) {
        match self.stage {
            Stage::Dialing(dial) => dial.abort(),
            Stage::Session(running, _) => running.abort(),
        }
    }
}

impl Driver {
    /// The server asks to go elsewhere.
    pub(super) fn begin_move(&mut self, now: MediaTime, to: RtmpUrl) {
        if self.moving.is_some() || !matches!(self.status.state, State::Live { .. }) {
            return;
        }
        if self.phase.live_for(now).is_some_and(|live| live >= ARRIVED) {
            self.options.redirects = 0;
        }
        if self.options.redirects >= MAX_REDIRECTS {
            tracing::warn!(%to, "the server sends the stream elsewhere again and again; it stays");
            return;
        }
        tracing::info!(%to, "the server asks the stream to move");
        match self.move_to(now, self.options.redirected(to)) {
            Ok(moving) => self.moving = Some(moving),
            Err(failure) => stay(&failure),
        }
    }

    /// Takes the next step of a move, and of leaving an old connection.
    pub(super) fn go_on_moving(&mut self, now: MediaTime) {
        if let Some(leaving) = &mut self.leaving
            && (leaving.running.leave() || leaving.until <= now)
        {
            self.leaving = None;
        }
        let Some(moving) = self.moving.take() else { return };
        match self.step(now, moving) {
            Ok(moving) if moving.is_ready() && !self.has_started() => self.begin_there(now, moving),
            Ok(moving) => self.moving = Some(moving),
            Err(failure) => {
                self.queue.stay();
                stay(&failure);
            }
        }
    }

    /// Nothing was sent on the old connection yet: the stream begins on the new one.
    fn begin_there(&mut self, now: MediaTime, moving: Moving) {
        if let Stage::Session(next, _) = moving.stage {
            self.swap(now, next, moving.options);
        }
    }

    fn has_started(&self) -> bool {
        matches!(&self.phase, Phase::Session(running) if running.has_started())
    }

    /// The queue has come to the keyframe that the new session starts with.
    pub(super) fn change_over(&mut self, now: MediaTime, headers: Headers) -> Result<(), Failure> {
        let Some(Moving { options, stage: Stage::Session(next, _) }) = self.moving.take() else {
            // Only a session that is ready makes the queue change over.
            return Err(Failure::Local(text::connection::NOTHING_TO_MOVE_TO.into()));
        };
        self.swap(now, next, options);
        let Phase::Session(running) = &mut self.phase else { return Ok(()) };
        running.start_stream(now, headers)
    }

    /// The stream is on the new connection from now on; the old one is left.
    fn swap(&mut self, now: MediaTime, mut next: Box<Running>, options: ClientOptions) {
        self.lived += self.phase.live_for(now).unwrap_or_default();
        next.begin(now);
        if let Phase::Session(old) = mem::replace(&mut self.phase, Phase::Session(next)) {
            self.leaving = Some(Leaving { running: old, until: now + FAREWELL });
        }
        self.arrive(now, options);
        self.pace.connected(now);
    }

    /// The connection ended while another was on its way: that one takes over.
    /// False: there is none.
    pub(super) fn take_over(&mut self, now: MediaTime) -> bool {
        let Some(Moving { options, stage }) = self.moving.take() else { return false };
        self.arrive(now, options);
        match stage {
            Stage::Dialing(dial) => {
                self.status.state = State::Connecting(Step::Connect);
                self.phase = Phase::Dialing(dial);
            }
            Stage::Session(running, ready) => {
                self.status.state = State::Connecting(Step::Publish);
                self.phase = Phase::Session(running);
                if ready {
                    self.went_live(now);
                }
            }
        }
        true
    }

    fn arrive(&mut self, now: MediaTime, options: ClientOptions) {
        tracing::info!(to = %options.url, "the stream has moved");
        self.status.address = options.url.to_string();
        self.options = options;
        self.reconnector.live(now);
    }

    fn move_to(&mut self, now: MediaTime, options: ClientOptions) -> Result<Moving, Failure> {
        let dial = self.dial(now, options.clone())?;
        Ok(Moving { options, stage: Stage::Dialing(Box::new(dial)) })
    }

    fn step(&mut self, now: MediaTime, moving: Moving) -> Result<Moving, Failure> {
        let Moving { options, stage } = moving;
        let (mut running, mut ready) = match stage {
            Stage::Session(running, ready) => (running, ready),
            Stage::Dialing(dial) => match dial.drive(now, self.poll.registry(), &mut self.means)? {
                Dialed::Open(transport, options) => {
                    (Box::new(Running::start(now, *transport, *options)?), false)
                }
                Dialed::At(_, dial) => {
                    return Ok(Moving { options, stage: Stage::Dialing(dial) });
                }
            },
        };
        let talked = running.converse(now);
        while let Some(event) = running.poll_event() {
            match event {
                Event::RedirectTo(url) => return self.move_to(now, options.redirected(url)),
                Event::AuthRequired(round) => {
                    return self.move_to(now, options.authenticating(round));
                }
                Event::Live => {
                    ready = true;
                    if self.has_started() {
                        self.queue.switch_at_keyframe();
                    }
                }
                // Nothing that changes anything before the stream is there.
                Event::Progress(_)
                | Event::Status(_)
                | Event::Acknowledged(_)
                | Event::ReconnectRequest(_)
                | Event::Closed => {}
            }
        }
        talked?;
        Ok(Moving { options, stage: Stage::Session(running, ready) })
    }
}

fn stay(reason: &Failure) {
    tracing::warn!(%reason, "the stream stays: where it was sent can't be used");
}
