//! The protocol's own messages, in every state (RTMP 1.0 §5.4, §7.1.7).

use crate::media::MediaTime;
use crate::protocol::rtmp::error::{ErrorKind, State};
use crate::protocol::rtmp::message::{MessageType, ProtocolControl, UserControl};
use crate::protocol::rtmp::timer::Timer;

use super::core::Core;
use super::{Acknowledged, Event};

impl Core {
    /// Takes one message. Media and shared objects are none of a publisher's, and
    /// kinds that are not known are to be ignored.
    pub fn on_message(
        &mut self,
        now: MediaTime,
        message_type: MessageType,
        payload: &[u8],
    ) -> Result<(), ErrorKind> {
        match message_type {
            MessageType::COMMAND | MessageType::COMMAND_EXTENDED => {
                self.on_command(now, message_type, payload)?;
            }
            MessageType::USER_CONTROL => self.on_user_control(payload)?,
            _ => {
                if let Some(control) = ProtocolControl::parse(message_type, payload)? {
                    self.on_control(now, control)?;
                }
            }
        }
        self.check_flood()
    }

    /// Says how much has come, when the server wants to know.
    pub fn acknowledge(&mut self, newly: usize) -> Result<(), ErrorKind> {
        let due = self.receiving.on_received(newly);
        if let Some(sequence_number) = due.filter(|_| self.state != State::Over) {
            let control = ProtocolControl::Acknowledgement { sequence_number };
            self.answering(|core| core.out.control(control))?;
        }
        Ok(())
    }

    /// Asks for acknowledgements. They are the only way to know what the buffers on
    /// the way hide. The server's own wish counts where it is smaller.
    pub fn announce_window(&mut self) -> Result<(), ErrorKind> {
        let wishes = [self.options.ack_window, self.peer_bandwidth];
        let window = wishes.into_iter().filter(|&wish| wish != 0).min().unwrap_or(0);
        if self.options.ack_window == 0 || window == self.announced_window {
            return Ok(());
        }
        self.announced_window = window;
        let control = ProtocolControl::WindowAcknowledgementSize(window);
        self.answering(|core| core.out.control(control))
    }

    pub fn on_timer(&mut self, now: MediaTime, timer: Timer) -> Result<(), ErrorKind> {
        let waiting_for = match (timer, self.state) {
            (Timer::Close, _) => {
                self.on_goodbye();
                return Ok(());
            }
            (Timer::Handshake, _) => "the handshake",
            _ if self.close_asked => return Err(self.closed(now)),
            (_, State::Connecting) => "connect",
            (_, State::Creating) => "createStream",
            (_, State::Publishing) => "publish",
            _ => return Ok(()),
        };
        Err(ErrorKind::TimedOut { waiting_for })
    }

    /// The chunk reader has already obeyed a chunk size and an abort.
    fn on_control(&mut self, now: MediaTime, control: ProtocolControl) -> Result<(), ErrorKind> {
        match control {
            ProtocolControl::Acknowledgement { sequence_number } => {
                self.on_acknowledgement(now, sequence_number);
            }
            ProtocolControl::WindowAcknowledgementSize(size) => {
                self.receiving.set_window_size(size);
            }
            ProtocolControl::SetPeerBandwidth { window_size, .. } => {
                self.peer_bandwidth = window_size;
                if self.announced_window != 0 {
                    self.announce_window()?;
                }
            }
            ProtocolControl::SetChunkSize(_) | ProtocolControl::Abort { .. } => {}
        }
        Ok(())
    }

    fn on_acknowledgement(&mut self, now: MediaTime, sequence_number: u32) {
        let bytes = self.sent.on_acknowledgement(sequence_number);
        let delay = self.marks.on_acknowledged(self.sent.acknowledged(), now);
        let mut news = Acknowledged { bytes, outstanding: self.sent.outstanding(), delay };
        if let Some(Event::Acknowledged(last)) = self.events.back_mut() {
            news.bytes += last.bytes;
            *last = news;
        } else if bytes > 0 {
            self.push(Event::Acknowledged(news));
        }
    }

    /// A ping is answered at once. Events of a player's, and what is cut short, are
    /// of no consequence.
    fn on_user_control(&mut self, payload: &[u8]) -> Result<(), ErrorKind> {
        if let Ok(UserControl::PingRequest { timestamp }) = UserControl::parse(payload) {
            let pong = UserControl::PingResponse { timestamp };
            self.answering(|core| core.out.user_control(&pong))?;
        }
        Ok(())
    }
}
