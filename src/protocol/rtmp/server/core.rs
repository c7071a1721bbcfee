//! What all states of a server session share.

use std::collections::VecDeque;

use crate::media::MediaTime;
use crate::protocol::amf0::{Properties, Value};
use crate::protocol::rtmp::chunk::{Message, MessageHeader, WriteError};
use crate::protocol::rtmp::command::{self, Command};
use crate::protocol::rtmp::error::{Error, ErrorKind, State};
use crate::protocol::rtmp::message::{MessageType, ReceiveWindow};
use crate::protocol::rtmp::output::Output;
use crate::protocol::rtmp::timer::{Timer, Timers};

use super::stream::Streams;
use super::{ServerEvent, ServerOptions};

/// Events that may wait to be taken, between two reads of the socket.
const MAX_EVENTS: usize = 64 << 10;

/// Answers about the connection, notices about streams, and the media each have a
/// chunk stream of their own.
pub(super) mod chunk_stream {
    pub const CONNECTION: u32 = 3;
    pub const AUDIO: u32 = 4;
    pub const STREAM: u32 = 5;
    pub const VIDEO: u32 = 6;
}

/// How far the connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Handshaking,
    /// Waits for `connect`.
    Connecting,
    Connected,
    /// Sends what is left to send.
    Closing,
    Over,
}

#[derive(Debug)]
pub(super) struct Core {
    pub options: ServerOptions,
    pub phase: Phase,
    pub out: Output,
    pub events: VecDeque<ServerEvent>,
    pub timers: Timers,
    pub streams: Streams,
    /// The application, once connected.
    pub app: String,
    /// The number of the call that connected.
    pub connect_id: f64,
    /// For the authentication's challenge.
    pub random: u32,
    pub receiving: ReceiveWindow,
    /// Media was written for a player since the socket last took something.
    pub played: bool,
    /// A whole message came since the last sign of life was taken.
    pub spoke: bool,
    /// Bytes from the peer since its last sign of life.
    pub since_life: usize,
    /// Bytes from the peer, up to the end of the current message.
    pub read_up_to: u64,
    /// Of the current message.
    pub message_type: Option<MessageType>,
}

impl Core {
    pub fn new(options: ServerOptions, random: u32) -> Self {
        Self {
            streams: Streams::new(options.max_streams),
            options,
            phase: Phase::Handshaking,
            out: Output::default(),
            events: VecDeque::new(),
            timers: Timers::default(),
            app: String::new(),
            connect_id: 0.0,
            random,
            receiving: ReceiveWindow::new(),
            played: false,
            spoke: false,
            since_life: 0,
            read_up_to: 0,
            message_type: None,
        }
    }

    pub fn state(&self) -> State {
        match self.phase {
            Phase::Handshaking => State::Handshaking,
            Phase::Connecting => State::Connecting,
            Phase::Connected if self.streams.any_active() => State::Live,
            Phase::Connected => State::Creating,
            Phase::Closing => State::Closing,
            Phase::Over => State::Over,
        }
    }

    /// Whether the next message may be read: what it means may depend on the
    /// answer to a request.
    pub fn may_read(&self) -> bool {
        !self.is_closing() && !self.streams.any_waits()
    }

    pub fn is_closing(&self) -> bool {
        matches!(self.phase, Phase::Closing | Phase::Over)
    }

    /// `kind` with the place it happened at.
    pub fn error(&self, kind: ErrorKind) -> Error {
        Error {
            state: self.state(),
            message_type: self.message_type,
            offset: self.read_up_to,
            live_for: None,
            kind,
        }
    }

    /// Ends the session because of `kind`. What is said already may still be sent.
    pub fn fail(&mut self, kind: ErrorKind) -> Error {
        let error = self.error(kind);
        self.end_streams();
        self.end();
        error
    }

    /// Ends the session in good order: the peer is gone, or time is up.
    pub fn finish(&mut self) {
        if self.phase != Phase::Over {
            self.end_streams();
            self.end();
            self.out.clear();
            self.events.push_back(ServerEvent::Closed);
        }
    }

    pub fn close(&mut self, now: MediaTime) {
        if !self.is_closing() {
            self.end_streams();
            self.phase = Phase::Closing;
            self.timers.clear_all();
            self.timers.set(Timer::Close, now + self.options.timeouts.close);
        }
    }

    pub fn on_handshake_done(&mut self, now: MediaTime) {
        self.phase = Phase::Connecting;
        self.timers.clear(Timer::Handshake);
        self.timers.set(Timer::Reply, now + self.options.timeouts.reply);
    }

    /// Takes one message. Kinds that are not known are to be ignored.
    pub fn on_message(&mut self, now: MediaTime, message: &Message<'_>) -> Result<(), ErrorKind> {
        match message.header.message_type {
            message_type @ (MessageType::COMMAND | MessageType::COMMAND_EXTENDED) => {
                let command = Command::read(message_type, message.payload);
                if let Some(error) = command.cut.filter(|_| lacks_something(&command)) {
                    return Err(error.into());
                }
                self.on_command(now, message.header.message_stream_id, &command)?;
            }
            MessageType::AUDIO
            | MessageType::VIDEO
            | MessageType::DATA
            | MessageType::DATA_EXTENDED
            | MessageType::AGGREGATE => self.on_media(message)?,
            MessageType::USER_CONTROL => self.on_user_control(message.payload)?,
            other => self.on_control(other, message.payload)?,
        }
        self.check_flood()
    }

    /// Neither answers nor events may pile up.
    pub fn check_flood(&self) -> Result<(), ErrorKind> {
        if self.out.is_flooded() || self.events.len() > MAX_EVENTS {
            return Err(ErrorKind::Flooded);
        }
        Ok(())
    }

    /// Answers a call that is in no standard. Some clients give all of these the
    /// number of their `connect`, and would take the answer for another welcome.
    pub fn answer_extra(&mut self, call: &Command) -> Result<(), ErrorKind> {
        if call.transaction_id == self.connect_id {
            return Ok(());
        }
        self.answer(call, &[Value::Null, Value::Null])
    }

    /// Sends an answer to a call, if it wants one.
    pub fn answer(&mut self, call: &Command, values: &[Value]) -> Result<(), ErrorKind> {
        if call.transaction_id == 0.0 {
            return Ok(());
        }
        self.command(chunk_stream::CONNECTION, 0, "_result", call.transaction_id, values)
    }

    /// Sends a command.
    pub fn command(
        &mut self,
        chunk_stream_id: u32,
        message_stream_id: u32,
        name: &str,
        transaction_id: f64,
        values: &[Value],
    ) -> Result<(), ErrorKind> {
        let mut body = Vec::new();
        command::encode(name, transaction_id, values, &mut body);
        let header = MessageHeader {
            chunk_stream_id,
            timestamp: 0,
            message_type: MessageType::COMMAND,
            message_stream_id,
        };
        self.answering(|out| out.message(&header, &[&body]))
    }

    /// Writes something and counts it as an answer to the peer.
    pub fn answering(
        &mut self,
        write: impl FnOnce(&mut Output) -> Result<(), WriteError>,
    ) -> Result<(), ErrorKind> {
        let before = self.out.position();
        let result = write(&mut self.out);
        self.out.count_answer(before);
        Ok(result?)
    }

    /// Tells the owner that everything published and played is over.
    fn end_streams(&mut self) {
        let ended = self.streams.end_all();
        self.events.extend(ended);
    }

    fn end(&mut self) {
        self.phase = Phase::Over;
        self.timers.clear_all();
    }
}

/// Whether what could be read of a command leaves out what it can't do without.
fn lacks_something(command: &Command) -> bool {
    let names_a_place =
        |object: &Properties| ["app", "tcUrl"].iter().any(|key| object.get(key).is_some());
    match command.name.as_str() {
        "connect" => !command.object().is_some_and(names_a_place),
        "publish" | "play" => command.argument(0).is_none(),
        _ => false,
    }
}
