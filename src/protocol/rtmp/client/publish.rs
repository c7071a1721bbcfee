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

    /// The answer to `createStream`: its number is our message stream.
    pub fn on_stream_created(&mut self, now: MediaTime, answer: &Command) -> Result<(), ErrorKind> {
        let id = answer.values.iter().find_map(Value::as_u32).filter(|&id| id != 0);
        self.stream_id = id.ok_or(ErrorKind::BadAnswer { command: "createStream" })?;
        let key = Value::from(self.options.key.expose());
        self.call_stream(Method::Publish, "publish", &[Value::Null, key, "live".into()])?;
        self.advance(State::Publishing, now, self.options.timeouts.publish);
        Ok(())
    }

    /// The server said that the stream may start.
    pub fn on_publish_started(&mut self, now: MediaTime) {
        if self.state == State::Publishing {
            self.state = State::Live;
            self.live_since = Some(now);
            self.timers.clear(Timer::Reply);
            self.push(Event::Live);
        }
    }
}
