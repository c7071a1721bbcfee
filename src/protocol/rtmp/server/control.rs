//! The protocol's own messages and the peer's silence (RTMP 1.0 §5.4, §7.1.7).

use crate::media::MediaTime;
use crate::protocol::rtmp::error::{ErrorKind, State};
use crate::protocol::rtmp::message::{MessageType, ProtocolControl, UserControl};
use crate::protocol::rtmp::timer::Timer;

use super::core::{Core, Phase};

/// Bytes of an unfinished message that show that the peer is there.
const SIGN_OF_LIFE: usize = 4 << 10;

impl Core {
    /// The chunk reader has already obeyed a chunk size and an abort.
    pub fn on_control(&mut self, message_type: MessageType, body: &[u8]) -> Result<(), ErrorKind> {
        if let Some(ProtocolControl::WindowAcknowledgementSize(size)) =
            ProtocolControl::parse(message_type, body)?
        {
            self.receiving.set_window_size(size);
        }
        Ok(())
    }

    /// Events that are cut short are of no consequence.
    pub fn on_user_control(&mut self, body: &[u8]) -> Result<(), ErrorKind> {
        if let Ok(UserControl::PingRequest { timestamp }) = UserControl::parse(body) {
            self.answering(|out| out.user_control(&UserControl::PingResponse { timestamp }))?;
        }
        Ok(())
    }

    /// Acknowledges what has come. A whole message is a sign of life, and so is a good
    /// piece of a long one; a byte now and then is none.
    pub fn on_received(&mut self, now: MediaTime, newly: usize) -> Result<(), ErrorKind> {
        let due = self.receiving.on_received(newly);
        self.since_life = self.since_life.saturating_add(newly);
        if self.is_closing() {
            return Ok(());
        }
        if let Some(sequence_number) = due {
            let control = ProtocolControl::Acknowledgement { sequence_number };
            self.answering(|out| out.control(control))?;
        }
        if std::mem::take(&mut self.spoke) || self.since_life >= SIGN_OF_LIFE {
            self.on_life(now);
        }
        Ok(())
    }

    /// A player's socket that takes media is a sign of life; one that takes only a
    /// ping is none, for the system takes that for a machine that is gone, too.
    pub fn on_taken(&mut self, now: MediaTime) {
        if std::mem::take(&mut self.played) {
            self.on_life(now);
        }
    }

    fn on_life(&mut self, now: MediaTime) {
        self.since_life = 0;
        if self.phase == Phase::Connected {
            self.timers.clear(Timer::Pong);
            self.timers.set(Timer::Ping, now + self.options.timeouts.ping);
        }
    }

    pub fn on_timer(&mut self, now: MediaTime, timer: Timer) -> Result<(), ErrorKind> {
        let waiting_for = match timer {
            Timer::Close => {
                self.finish();
                return Ok(());
            }
            Timer::Ping => return self.ping(now),
            // Many players answer no ping. One that is gone is found out when it takes
            // nothing that it is sent, and its owner decides how long it may wait.
            Timer::Pong if self.streams.only_plays() => return self.ping(now),
            Timer::Pong => "a ping",
            Timer::Handshake => "the handshake",
            Timer::Reply if self.state() == State::Connecting => "the server: connect was due",
            Timer::Reply => "the server: publish or play was due",
        };
        Err(ErrorKind::TimedOut { waiting_for })
    }

    pub fn ping(&mut self, now: MediaTime) -> Result<(), ErrorKind> {
        self.timers.set(Timer::Pong, now + self.options.timeouts.pong);
        // The number comes back as it is; only its low bits fit.
        let timestamp = now.as_millis() as u32;
        self.answering(|out| out.user_control(&UserControl::PingRequest { timestamp }))
    }
}
