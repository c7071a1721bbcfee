//! The serving side of a connection: takes streams in and plays them out.
//!
//! One connection may do both, on message streams of its own choice. What a name
//! means, who may use it and where media goes is its owner's to decide: the
//! session asks with an event and goes on when it is told.
//!
//! It is driven as a [client's](super) is, with these differences:
//!
//! 1. Requests among the events are answered with
//!    [`accept_publish`](ServerSession::accept_publish),
//!    [`accept_play`](ServerSession::accept_play) or [`reject`](ServerSession::reject),
//!    at once or later. [`read`](ServerSession::read) takes nothing more until then,
//!    so that what a client sends without waiting for the answer is not lost.
//! 2. [`send`](ServerSession::send) a player what it plays, each time only when the
//!    output is short. Nothing is kept here for players that come later.
//! 3. After an error there may be output left, which tells a browser or a TLS
//!    client that this is neither: write it, then close.
//!
//! What a client may ask for is bounded: the length of messages and their sum
//! while they are unfinished, much less of both for one who does not publish, the
//! number of streams, events between two reads, and answers that it does not read.
//!
//! Its states:
//!
//! ```text
//! Handshaking ─► Connecting ─► Creating ⇄ Live ─► Closing
//!  (mod.rs)      connect.rs   └─ stream.rs ─┘
//! ```
//!
//! `media.rs` carries what is published and played, `control.rs` the protocol's
//! own messages, `auth.rs` asks who it is.

mod auth;
mod connect;
mod control;
mod core;
mod event;
mod media;
mod options;
mod refusal;
mod stream;

use std::io::IoSlice;

use bytes::Bytes;

use crate::media::MediaTime;

use self::core::Core;
use super::chunk::ChunkReader;
use super::error::{Error, ErrorKind, State};
use super::handshake::{HANDSHAKE_SIZE, RANDOM_SIZE, ServerHandshake};
use super::timer::Timer;

pub use auth::Authentication;
pub use event::{MediaKind, ServerEvent};
pub use options::ServerOptions;
pub use stream::Rejection;

/// A session that serves one connection.
#[derive(Debug)]
pub struct ServerSession {
    handshake: Option<ServerHandshake>,
    reader: ChunkReader,
    core: Core,
}

impl ServerSession {
    /// Starts on a connection that was just accepted.
    pub fn new(options: ServerOptions, random: &[u8; RANDOM_SIZE], now: MediaTime) -> Self {
        let [a, b, c, d, ..] = *random;
        let limits = options.limits_before_publishing;
        let mut core = Core::new(options, u32::from_be_bytes([a, b, c, d]));
        core.timers.set(Timer::Handshake, now + core.options.timeouts.handshake);
        Self {
            handshake: Some(ServerHandshake::new(0, random)),
            reader: ChunkReader::new(limits).starting_at(HANDSHAKE_SIZE as u64),
            core,
        }
    }

    /// Takes bytes from the peer and gives how many: all, or those up to a request
    /// that has to be answered before anything after it is understood. Hand in the
    /// rest after the answer. An error ends the session.
    pub fn read(&mut self, now: MediaTime, bytes: &[u8]) -> Result<usize, Error> {
        let mut input = bytes;
        self.shake_hands(now, &mut input)?;
        self.read_messages(now, &mut input)?;
        if self.core.is_closing() {
            return Ok(bytes.len());
        }
        let taken = bytes.len() - input.len();
        self.core.on_received(now, taken).map_err(|kind| self.core.fail(kind))?;
        Ok(taken)
    }

    /// The first of what the socket is to send, in one piece. Empty when nothing is
    /// left; more may follow once it is taken.
    pub fn output(&self) -> &[u8] {
        self.core.out.pending()
    }

    /// All that the socket is to send, in bytes.
    pub fn pending_bytes(&self) -> usize {
        self.core.out.pending_bytes()
    }

    /// Memory that the session holds, in bytes: for messages that are under way in both
    /// directions and for itself. What it was lent is not counted.
    pub fn memory(&self) -> usize {
        /// The session itself, its handshake, and what its tables hold at the most.
        const ITSELF: usize = 8 << 10;
        ITSELF + self.reader.buffered_capacity() + self.core.out.capacity()
    }

    /// The first pieces of what the socket is to send, for a vectored write: puts
    /// them into `slices` and says how many. Long payloads are among them as they
    /// lie in memory.
    pub fn output_slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.core.out.slices(slices)
    }

    /// The socket has taken `count` bytes of them.
    pub fn consume(&mut self, count: usize) {
        self.core.out.consume(count.min(self.pending_bytes()));
    }

    /// The socket takes what a player is sent: it is alive, whether it answers pings
    /// or not.
    pub fn note_taken(&mut self, now: MediaTime) {
        self.core.on_taken(now);
    }

    /// Asks the client for a sign of life: anything that it sends.
    pub fn ping(&mut self, now: MediaTime) -> Result<(), Error> {
        self.core.ping(now).map_err(|kind| self.core.fail(kind))
    }

    /// Whether a request waits for its answer, and nothing more is read until then.
    pub fn awaits_answer(&self) -> bool {
        self.core.streams.any_waits()
    }

    /// The next event, oldest first.
    pub fn poll_event(&mut self) -> Option<ServerEvent> {
        self.core.events.pop_front()
    }

    /// When [`on_deadline`](Self::on_deadline) is to be called, if nothing else
    /// happens before.
    pub fn deadline(&self) -> Option<MediaTime> {
        self.core.timers.next()
    }

    /// Does what is due at `now`; nothing, if nothing is.
    pub fn on_deadline(&mut self, now: MediaTime) -> Result<(), Error> {
        while let Some(timer) = self.core.timers.take_expired(now) {
            self.core.on_timer(now, timer).map_err(|kind| self.core.fail(kind))?;
        }
        Ok(())
    }

    /// The peer has closed its side of the connection: streams that it published
    /// or played end.
    pub fn peer_closed(&mut self) {
        self.core.finish();
    }

    /// What the session is doing; [`State::Live`] while anything is published or
    /// played.
    pub fn state(&self) -> State {
        self.core.state()
    }

    /// Lets the client publish on this stream, as it asked to.
    pub fn accept_publish(&mut self, stream_id: u32) -> Result<(), Error> {
        self.reader.set_limits(self.core.options.limits);
        self.core.accept_publish(stream_id).map_err(|kind| self.core.fail(kind))
    }

    /// Lets the client play on this stream, as it asked to. Metadata, headers and
    /// media follow.
    pub fn accept_play(&mut self, stream_id: u32) -> Result<(), Error> {
        self.core.accept_play(stream_id).map_err(|kind| self.core.fail(kind))
    }

    /// Says no to what the client asked for on this stream, or no longer to what it
    /// plays. The connection stays, for some clients ask again; [`close`](Self::close) ends it.
    pub fn reject(&mut self, stream_id: u32, rejection: &Rejection) -> Result<(), Error> {
        self.core.reject(stream_id, rejection).map_err(|kind| self.core.fail(kind))
    }

    /// Takes the name away from a client that publishes on this stream.
    pub fn take_back(&mut self, stream_id: u32, why: &Rejection) -> Result<(), Error> {
        self.core.take_back(stream_id, why).map_err(|kind| self.core.fail(kind))
    }

    /// Sends something to the client that plays this stream.
    ///
    /// An error says that nothing was written; it does not end the session.
    pub fn send(
        &mut self,
        stream_id: u32,
        kind: MediaKind,
        timestamp: u32,
        payload: &Bytes,
    ) -> Result<(), Error> {
        self.core.send(stream_id, kind, timestamp, payload).map_err(|kind| self.core.error(kind))
    }

    /// Tells the client that somebody publishes what it plays, after it was told
    /// that nobody does, or before anyone did.
    pub fn notify_published(&mut self, stream_id: u32) -> Result<(), Error> {
        self.core.notify_published(stream_id).map_err(|kind| self.core.fail(kind))
    }

    /// Tells the client that nothing comes for now of what it plays: its publisher was
    /// lost, and may come back.
    pub fn notify_dry(&mut self, stream_id: u32) -> Result<(), Error> {
        self.core.notify_dry(stream_id).map_err(|kind| self.core.fail(kind))
    }

    /// Tells the client that what it plays goes on.
    pub fn notify_resumed(&mut self, stream_id: u32) -> Result<(), Error> {
        self.core.notify_resumed(stream_id).map_err(|kind| self.core.fail(kind))
    }

    /// Tells the client that nobody publishes what it plays any more. Most clients
    /// end here; one that stays may be sent more.
    pub fn notify_unpublished(&mut self, stream_id: u32) -> Result<(), Error> {
        self.core.notify_unpublished(stream_id).map_err(|kind| self.core.fail(kind))
    }

    /// Tells the client that what it plays has ended.
    pub fn end_play(&mut self, stream_id: u32) -> Result<(), Error> {
        self.core.end_play(stream_id).map_err(|kind| self.core.fail(kind))
    }

    /// Ends the connection once the output is sent, or after a second.
    pub fn close(&mut self, now: MediaTime) {
        self.core.close(now);
    }

    /// Whether all is said and the socket can be closed.
    pub fn is_drained(&self) -> bool {
        self.core.is_closing() && self.output().is_empty()
    }

    fn shake_hands(&mut self, now: MediaTime, input: &mut &[u8]) -> Result<(), Error> {
        let Some(handshake) = &mut self.handshake else {
            return Ok(());
        };
        let before = input.len();
        let result = handshake.read(input, self.core.out.raw());
        self.core.read_up_to += (before - input.len()) as u64;
        if let Err(error) = result {
            refusal::answer(error, self.core.out.raw());
            return Err(self.core.fail(ErrorKind::NotRtmp(error)));
        }
        if handshake.is_done() {
            self.handshake = None;
            self.core.on_handshake_done(now);
        }
        Ok(())
    }

    fn read_messages(&mut self, now: MediaTime, input: &mut &[u8]) -> Result<(), Error> {
        while self.handshake.is_none() && self.core.may_read() {
            let before = input.len();
            let read = self.reader.read(input);
            self.core.read_up_to += (before - input.len()) as u64;
            let result = match read {
                Ok(Some(message)) => {
                    self.core.spoke = true;
                    self.core.message_type = Some(message.header.message_type);
                    self.core.on_message(now, &message)
                }
                Ok(None) => break,
                Err(error) => {
                    self.core.read_up_to = error.offset;
                    Err(ErrorKind::Chunk(error))
                }
            };
            result.map_err(|kind| self.core.fail(kind))?;
            self.core.message_type = None;
        }
        Ok(())
    }
}
