//! The end: taking the stream back, and the peer's own ways to end it.

use std::time::Duration;

use crate::media::MediaTime;
use crate::protocol::amf0::Value;
use crate::protocol::rtmp::chunk::WriteError;
use crate::protocol::rtmp::command::Command;
use crate::protocol::rtmp::error::{ErrorKind, State};
use crate::protocol::rtmp::status::Meaning;
use crate::protocol::rtmp::timer::Timer;

use super::Event;
use super::core::{Core, Method};

/// What was said longer ago is not why a server closes.
const REMEMBERED: Duration = Duration::from_secs(30);

impl Core {
    pub fn close(&mut self, now: MediaTime) {
        match self.state {
            State::Closing | State::Over => {}
            State::Handshaking | State::Connecting => self.on_goodbye(),
            State::Creating | State::Publishing | State::Live => {
                // What can't be written is not missed: the connection ends anyway.
                let _ = self.say_goodbye();
                self.state = State::Closing;
                self.timers.clear_all();
                self.timers.set(Timer::Close, now + self.options.timeouts.close);
            }
        }
    }

    /// `deleteStream` is a command of the connection (RTMP 1.0 §7.2.2.3).
    fn say_goodbye(&mut self) -> Result<(), WriteError> {
        if self.options.fc_commands {
            let key = Value::from(self.options.key.expose());
            self.call(Method::Other, "FCUnpublish", &[Value::Null, key])?;
        }
        let Some(stream_id) = self.stream_id else { return Ok(()) };
        self.call(Method::Other, "deleteStream", &[Value::Null, stream_id.into()])
    }

    /// Nothing more is to be waited for.
    pub fn on_goodbye(&mut self) {
        self.end();
        self.push(Event::Closed);
    }

    /// The server's command `close`. Before the stream is live some send one beside
    /// good news and go on: the exchange does, too, until the connection closes.
    /// Reconnecting is not done from in here.
    pub fn on_close_asked(&mut self, now: MediaTime, asked: &Command) -> Result<(), ErrorKind> {
        let status = asked.status().map(|status| self.cleaned(status));
        let meaning = status.as_ref().map(Meaning::of);
        if let Some(status) = status {
            self.note(now, &status);
            if let Some(Meaning::Refusal(refusal)) = meaning {
                return self.on_refusal(refusal, status);
            }
        }
        let good_news = meaning.is_some_and(Meaning::is_good);
        match self.state {
            State::Live if good_news => Ok(()),
            State::Live | State::Closing | State::Over => self.on_peer_closed(now),
            _ => {
                self.close_asked = true;
                Ok(())
            }
        }
    }

    pub fn on_peer_closed(&mut self, now: MediaTime) -> Result<(), ErrorKind> {
        match self.state {
            State::Over => Ok(()),
            State::Closing => {
                self.on_goodbye();
                Ok(())
            }
            _ => Err(self.closed(now)),
        }
    }

    /// The server closed, with what it said shortly before.
    pub fn closed(&mut self, now: MediaTime) -> ErrorKind {
        let last = self.last_status.take();
        let recent = last.filter(|(_, at)| now.since(*at) <= REMEMBERED);
        ErrorKind::Closed { last_status: recent.map(|(status, _)| Box::new(status)) }
    }
}
