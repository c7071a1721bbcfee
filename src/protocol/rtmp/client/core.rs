//! What all states of a publishing session share.

use std::collections::VecDeque;

use crate::media::MediaTime;
use crate::protocol::amf0::Value;
use crate::protocol::rtmp::chunk::{MessageHeader, WriteError};
use crate::protocol::rtmp::command::{self, Status};
use crate::protocol::rtmp::error::{Error, ErrorKind, State};
use crate::protocol::rtmp::message::{MessageType, ReceiveWindow, SendWindow};
use crate::protocol::rtmp::output::Output;
use crate::protocol::rtmp::text::without_key;
use crate::protocol::rtmp::timer::{Timer, Timers};

use super::marks::Marks;
use super::media::Clocks;
use super::{ClientOptions, Event};

/// Events that may wait; a peer that makes more without their being taken is up
/// to no good.
const MAX_EVENTS: usize = 256;

/// Calls that may wait for their answers.
const MAX_CALLS: usize = 32;

/// Commands about the connection, commands about the stream, and the media each
/// have a chunk stream of their own, all below 32: some servers take no more.
pub(super) mod chunk_stream {
    pub const CONNECTION: u32 = 3;
    pub const AUDIO: u32 = 4;
    pub const DATA: u32 = 5;
    pub const VIDEO: u32 = 6;
    pub const STREAM: u32 = 8;
}

/// A call whose answer matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Connect,
    CreateStream,
    Publish,
    /// One whose answer changes nothing.
    Other,
}

#[derive(Debug)]
pub(super) struct Core {
    pub options: ClientOptions,
    pub state: State,
    pub out: Output,
    pub events: VecDeque<Event>,
    pub timers: Timers,
    /// For the authentication's challenge.
    pub nonce: u32,
    /// The message stream that the server opened for us.
    pub stream_id: Option<u32>,
    pub receiving: ReceiveWindow,
    pub sent: SendWindow,
    pub marks: Marks,
    /// Bytes handed to the socket.
    pub sent_total: u64,
    pub clocks: Clocks,
    /// The window that was announced to the server; 0 for none yet.
    pub announced_window: u32,
    /// The window that the server asked us to keep; 0 for none.
    pub peer_bandwidth: u32,
    /// The last status that could explain a close, and when it came.
    pub last_status: Option<(Status, MediaTime)>,
    /// The server said `close` before the stream was live.
    pub close_asked: bool,
    pub live_since: Option<MediaTime>,
    /// Bytes from the peer, and where in them the current message ends.
    pub received: u64,
    pub read_up_to: u64,
    /// Of the current message.
    pub message_type: Option<MessageType>,
    calls: Vec<(f64, Method)>,
    last_transaction: f64,
}

impl Core {
    pub fn new(options: ClientOptions, nonce: u32) -> Self {
        Self {
            options,
            state: State::Handshaking,
            out: Output::default(),
            events: VecDeque::new(),
            timers: Timers::default(),
            nonce,
            stream_id: None,
            receiving: ReceiveWindow::new(),
            sent: SendWindow::new(),
            marks: Marks::default(),
            sent_total: 0,
            clocks: Clocks::default(),
            announced_window: 0,
            peer_bandwidth: 0,
            last_status: None,
            close_asked: false,
            live_since: None,
            received: 0,
            read_up_to: 0,
            message_type: None,
            calls: Vec::new(),
            last_transaction: 0.0,
        }
    }

    /// `kind` with the place it happened at.
    pub fn error(&self, kind: ErrorKind, now: MediaTime) -> Error {
        Error {
            state: self.state,
            message_type: self.message_type,
            offset: self.read_up_to,
            live_for: self.live_since.map(|since| now.since(since)),
            kind,
        }
    }

    /// Ends the session because of `kind`.
    pub fn fail(&mut self, kind: ErrorKind, now: MediaTime) -> Error {
        let error = self.error(kind, now);
        self.end();
        error
    }

    /// Nothing more is sent or waited for.
    pub fn end(&mut self) {
        self.state = State::Over;
        self.timers.clear_all();
        self.out.clear();
    }

    /// Goes on to `state`, in which the server has to answer within `timeout`.
    pub fn advance(&mut self, state: State, now: MediaTime, timeout: std::time::Duration) {
        self.state = state;
        self.timers.set(Timer::Reply, now + timeout);
        self.push(Event::Progress(state));
    }

    /// Puts an event at the end of the queue.
    pub fn push(&mut self, event: Event) {
        self.events.push_back(event);
    }

    /// Whether the peer makes more work than its owner and its own socket take.
    pub fn check_flood(&self) -> Result<(), ErrorKind> {
        if self.out.is_flooded() || self.events.len() > MAX_EVENTS {
            return Err(ErrorKind::Flooded);
        }
        Ok(())
    }

    /// The socket took `count` bytes.
    pub fn on_sent(&mut self, now: MediaTime, count: usize) {
        let count = count.min(self.out.pending_bytes());
        self.out.consume(count);
        if count > 0 && self.state != State::Handshaking {
            self.sent.on_sent(count);
            self.sent_total += count as u64;
            self.marks.on_sent(self.sent_total, now);
        }
    }

    /// Does what `write` does and counts it as an answer to the peer.
    pub fn answering(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), WriteError>,
    ) -> Result<(), ErrorKind> {
        let before = self.out.position();
        let result = write(self);
        self.out.count_answer(before);
        Ok(result?)
    }

    /// Sends a command about the connection and remembers the call.
    pub fn call(&mut self, method: Method, name: &str, values: &[Value]) -> Result<(), WriteError> {
        self.call_on(chunk_stream::CONNECTION, 0, method, name, values)
    }

    /// Sends a command about our stream and remembers the call.
    pub fn call_stream(
        &mut self,
        method: Method,
        name: &str,
        values: &[Value],
    ) -> Result<(), WriteError> {
        let stream_id = self.stream_id.unwrap_or(0);
        self.call_on(chunk_stream::STREAM, stream_id, method, name, values)
    }

    /// Sends an answer, or a command that wants none.
    pub fn tell(
        &mut self,
        name: &str,
        transaction_id: f64,
        values: &[Value],
    ) -> Result<(), WriteError> {
        self.command(chunk_stream::CONNECTION, 0, name, transaction_id, values)
    }

    /// Which call this answers; it is forgotten. An answer whose number is that of no
    /// call is for the only one that waits.
    pub fn take_call(&mut self, transaction_id: f64) -> Option<Method> {
        let is_it = |&(id, _): &(f64, Method)| id == transaction_id;
        let only = (self.calls.len() == 1).then_some(0);
        let at = self.calls.iter().position(is_it).or(only)?;
        Some(self.calls.swap_remove(at).1)
    }

    /// Whether a call of this number waits for its answer.
    pub fn knows(&self, transaction_id: f64) -> bool {
        self.calls.iter().any(|&(id, _)| id == transaction_id)
    }

    /// Forgets the call of that kind. False: none waits.
    pub fn take_method(&mut self, method: Method) -> bool {
        let at = self.calls.iter().position(|&(_, other)| other == method);
        at.map(|at| self.calls.swap_remove(at)).is_some()
    }

    /// The server's words without the key, which some repeat.
    pub fn cleaned(&self, status: Status) -> Status {
        let key = self.options.key.expose();
        Status {
            code: without_key(status.code, key),
            description: without_key(status.description, key),
            ..status
        }
    }

    fn call_on(
        &mut self,
        chunk_stream_id: u32,
        message_stream_id: u32,
        method: Method,
        name: &str,
        values: &[Value],
    ) -> Result<(), WriteError> {
        self.last_transaction += 1.0;
        if self.calls.len() == MAX_CALLS {
            // Those that matter are few and early; the oldest of the others goes.
            let other = self.calls.iter().position(|&(_, method)| method == Method::Other);
            self.calls.remove(other.unwrap_or(0));
        }
        self.calls.push((self.last_transaction, method));
        self.command(chunk_stream_id, message_stream_id, name, self.last_transaction, values)
    }

    fn command(
        &mut self,
        chunk_stream_id: u32,
        message_stream_id: u32,
        name: &str,
        transaction_id: f64,
        values: &[Value],
    ) -> Result<(), WriteError> {
        let mut body = Vec::new();
        command::encode(name, transaction_id, values, &mut body);
        let header = MessageHeader {
            chunk_stream_id,
            timestamp: 0,
            message_type: MessageType::COMMAND,
            message_stream_id,
        };
        self.out.message(&header, &[&body])
    }
}
