//! What the loop is at: from a name to a running session, and the wait between.

use std::mem;
use std::time::Duration;

use super::Driver;
use super::dial::{Dial, Dialed};
use super::session::Running;
use crate::media::MediaTime;
use crate::protocol::rtmp::client::ClientOptions;
use crate::publish::status::{Failure, State, Step};
use crate::publish::transport::Transport;

/// What the loop is at.
pub enum Phase {
    /// A try begins.
    Start,
    /// A connection is being made.
    Dialing(Box<Dial>),
    /// Speaking RTMP.
    Session(Box<Running>),
    /// Until the next try.
    Waiting {
        /// When it comes.
        until: MediaTime,
    },
    /// Nothing more will happen.
    Ended,
}

impl Phase {
    /// How long the session had been live; `None` if it never was.
    pub fn live_for(&self, now: MediaTime) -> Option<Duration> {
        match self {
            Self::Session(running) => running.live_since().map(|since| now.since(since)),
            _ => None,
        }
    }

    /// The length of the message that the server may have closed for just now.
    pub fn oversized(&self, now: MediaTime) -> Option<usize> {
        match self {
            Self::Session(running) => running.oversized(now),
            _ => None,
        }
    }

    /// Breaks a connection off: without a goodbye the server keeps the stream
    /// open for the next try.
    pub fn abort(&mut self) {
        match mem::replace(self, Self::Ended) {
            Self::Dialing(dial) => dial.abort(),
            Self::Session(running) => running.abort(),
            _ => {}
        }
    }
}

impl Driver {
    /// Takes the phase's next step.
    pub(super) fn advance(&mut self, now: MediaTime) -> Result<(), Failure> {
        match self.phase {
            Phase::Start => self.start_try(now),
            Phase::Dialing(_) => self.go_on_dialing(now),
            Phase::Session(_) => self.run_session(now),
            Phase::Waiting { until } if until <= now => self.start_try(now),
            Phase::Waiting { .. } | Phase::Ended => Ok(()),
        }
    }

    /// When the phase wants to be looked at without an event.
    pub(super) fn deadline(&self) -> MediaTime {
        match &self.phase {
            Phase::Start | Phase::Ended => MediaTime::ZERO,
            Phase::Dialing(dial) => dial.deadline(),
            Phase::Session(running) => running.deadline(),
            Phase::Waiting { until } => *until,
        }
    }

    /// A connection of its own to where these options lead.
    pub(super) fn dial(&mut self, now: MediaTime, options: ClientOptions) -> Result<Dial, Failure> {
        Dial::start(now, options, &mut self.means)
    }

    fn start_try(&mut self, now: MediaTime) -> Result<(), Failure> {
        self.status.state = State::Connecting(Step::Resolve);
        self.phase = Phase::Dialing(Box::new(self.dial(now, self.options.clone())?));
        self.go_on_dialing(now)
    }

    fn go_on_dialing(&mut self, now: MediaTime) -> Result<(), Failure> {
        let Phase::Dialing(dial) = mem::replace(&mut self.phase, Phase::Ended) else {
            return Ok(());
        };
        match dial.drive(now, self.poll.registry(), &mut self.means)? {
            Dialed::Open(transport, options) => self.start_session(now, *transport, *options),
            Dialed::At(step, dial) => {
                self.status.state = State::Connecting(step);
                self.phase = Phase::Dialing(dial);
                Ok(())
            }
        }
    }

    fn start_session(
        &mut self,
        now: MediaTime,
        transport: Transport,
        options: ClientOptions,
    ) -> Result<(), Failure> {
        self.status.state = State::Connecting(Step::Handshake);
        self.phase = Phase::Session(Box::new(Running::start(now, transport, options)?));
        self.run_session(now)
    }
}
