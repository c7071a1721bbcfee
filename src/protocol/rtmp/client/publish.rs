//! Opening a stream and asking to publish it (RTMP 1.0 §7.2.1.3, §7.2.2.6).

use crate::media::MediaTime;
use crate::protocol::amf0::Value;
use crate::protocol::rtmp::command::Command;
use crate::protocol::rtmp::error::{ErrorKind, State};
use crate::protocol::rtmp::timer::Timer;

use super::Event;
use super::core::{Core, Method};

impl Core {
    /// Connected: opens a stream. The answers to the first two commands are not
    /// waited for, since many servers give none.
    pub fn create_stream(&mut self, now: MediaTime) -> Result<(), ErrorKind> {
        self.announce_window()?;
        if self.options.fc_commands {
            let key = Value::from(self.options.key.expose());
            self.call(Method::Other, "releaseStream", &[Value::Null, key.clone()])?;
            self.call(Method::Other, "FCPublish", &[Value::Null, key])?;
        }
        self.call(Method::CreateStream, "createStream", &[Value::Null])?;
        self.advance(State::Creating, now, self.options.timeouts.reply);
        Ok(())
    }

    /// The answer to `createStream`: its number is our message stream, zero too.
    pub fn on_stream_created(&mut self, now: MediaTime, answer: &Command) -> Result<(), ErrorKind> {
        let unusable = || match answer.cut {
            Some(error) => ErrorKind::Amf(error),
            None => ErrorKind::BadAnswer { command: "createStream" },
        };
        self.stream_id = Some(stream_id(answer).ok_or_else(unusable)?);
        let key = Value::from(self.options.key.expose());
        self.call_stream(Method::Publish, "publish", &[Value::Null, key, "live".into()])?;
        self.advance(State::Publishing, now, self.options.timeouts.publish);
        Ok(())
    }

    /// The server said that the stream may start.
    /// Nothing that it said before explains a later end.
    pub fn on_publish_started(&mut self, now: MediaTime) {
        if self.state == State::Publishing {
            self.state = State::Live;
            self.live_since = Some(now);
            self.last_status = None;
            self.take_method(Method::Publish);
            self.timers.clear(Timer::Reply);
            self.push(Event::Live);
        }
    }
}

/// The number of a message stream in an answer, which some servers write as text.
pub(super) fn stream_id(answer: &Command) -> Option<u32> {
    let id = |value: &Value| value.as_u32().or_else(|| value.as_str()?.trim().parse().ok());
    answer.values.iter().find_map(id)
}
