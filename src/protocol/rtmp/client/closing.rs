//! The end: taking the stream back, and the peer's own ways to end it.

use crate::media::MediaTime;
use crate::protocol::amf0::Value;
use crate::protocol::rtmp::chunk::WriteError;
use crate::protocol::rtmp::error::{ErrorKind, State};
use crate::protocol::rtmp::timer::Timer;

use super::Event;
use super::core::{Core, Method};

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
        if self.stream_id == 0 {
            return Ok(());
        }
        self.call(Method::Other, "deleteStream", &[Value::Null, self.stream_id.into()])
    }

    /// Nothing more is to be waited for.
    pub fn on_goodbye(&mut self) {
        self.end();
        self.push(Event::Closed);
    }

    /// The server's command `close`. Reconnecting is not done from in here.
    pub fn on_close_asked(&mut self) -> Result<(), ErrorKind> {
        self.on_peer_closed()
    }

    pub fn on_peer_closed(&mut self) -> Result<(), ErrorKind> {
        match self.state {
            State::Over => Ok(()),
            State::Closing => {
                self.on_goodbye();
                Ok(())
            }
            _ => Err(ErrorKind::Closed { last_status: self.last_status.take().map(Box::new) }),
        }
    }
}
