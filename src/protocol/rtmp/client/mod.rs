//! The publishing side of a connection.
//!
//! The way of a session, and the file that goes it:
//!
//! ```text
//! Handshaking ─► Connecting ─► Creating ─► Publishing ─► Live ─► Closing ─► Over
//!  (mod.rs)      connect.rs    └──── publish.rs ────┘  media.rs  └ closing.rs ┘
//! ```
//!
//! `control.rs` answers the protocol's own messages in every state, `notice.rs`
//! listens to what the server says about the state of things, and `core.rs` is
//! what they share. How to drive it is in the [module above](super).

mod closing;
mod connect;
mod control;
mod core;
mod event;
mod marks;
mod media;
mod notice;
mod options;
mod publish;

use std::io::IoSlice;

use crate::media::{MediaTime, Packet, TrackConfig};
use crate::protocol::flv::metadata::Metadata;

use self::core::Core;
use super::chunk::{ChunkReader, Limits};
use super::error::{Error, ErrorKind, State};
use super::handshake::{ClientHandshake, HANDSHAKE_SIZE, RANDOM_SIZE};
use super::timer::Timer;

pub use event::{Acknowledged, Event};
pub use options::{ClientOptions, MAX_REDIRECTS};

/// A session that publishes one stream over one connection.
#[derive(Debug)]
pub struct ClientSession {
    handshake: Option<ClientHandshake>,
    reader: ChunkReader,
    core: Core,
}

impl ClientSession {
    /// Starts on a connection that has just been opened, TLS included where the
    /// address wants it. The start of the handshake is in [`output`](Self::output).
    pub fn new(options: ClientOptions, random: &[u8; RANDOM_SIZE], now: MediaTime) -> Self {
        let form = options.handshake;
        let mut core = Core::new(options, nonce(random));
        core.timers.set(Timer::Handshake, now + core.options.timeouts.handshake);
        let handshake = ClientHandshake::new(form, 0, random, core.out.raw());
        let reader = ChunkReader::new(Limits::CLIENT).starting_at(HANDSHAKE_SIZE as u64);
        Self { handshake: Some(handshake), reader, core }
    }

    /// Takes bytes from the peer, all of them. An error ends the session.
    pub fn read(&mut self, now: MediaTime, bytes: &[u8]) -> Result<(), Error> {
        if self.core.state == State::Over {
            return Ok(());
        }
        self.core.received += bytes.len() as u64;
        let mut input = bytes;
        self.shake_hands(now, &mut input)?;
        self.read_messages(now, &mut input)?;
        self.core.acknowledge(bytes.len()).map_err(|kind| self.core.fail(kind, now))
    }

    /// The first of what the socket is to send, in one piece. Empty when nothing is
    /// left, as after the session's end; more may follow once it is taken.
    pub fn output(&self) -> &[u8] {
        self.core.out.pending()
    }

    /// All that the socket is to send, in bytes.
    pub fn pending_bytes(&self) -> usize {
        self.core.out.pending_bytes()
    }

    /// The first pieces of what the socket is to send, for a vectored write: puts
    /// them into `slices` and says how many. Long payloads are among them as they
    /// lie in memory.
    pub fn output_slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.core.out.slices(slices)
    }

    /// The socket has taken `count` bytes of them.
    pub fn consume(&mut self, now: MediaTime, count: usize) {
        self.core.on_sent(now, count);
    }

    /// The next event, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
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
            self.core.on_timer(now, timer).map_err(|kind| self.core.fail(kind, now))?;
        }
        Ok(())
    }

    /// The peer has closed its side of the connection: normal after
    /// [`close`](Self::close), an error before.
    pub fn peer_closed(&mut self, now: MediaTime) -> Result<(), Error> {
        self.core.on_peer_closed(now).map_err(|kind| self.core.fail(kind, now))
    }

    /// What the session is doing.
    pub fn state(&self) -> State {
        self.core.state
    }

    /// Bytes that the socket took and that are not known to have arrived. Grows
    /// without end where the server sends no acknowledgements.
    pub fn outstanding(&self) -> u64 {
        self.core.sent.outstanding()
    }

    /// Sends `onMetaData`. First of all, once live.
    ///
    /// An error of this and the other sending functions says that nothing was
    /// written; it does not end the session.
    pub fn send_metadata(&mut self, now: MediaTime, metadata: &Metadata) -> Result<(), Error> {
        self.core.send_metadata(metadata).map_err(|kind| self.core.error(kind, now))
    }

    /// Sends a track's configuration, with the time of the track's last packet. Both
    /// tracks' before the first packet, and again when one changes.
    pub fn send_config(&mut self, now: MediaTime, config: &TrackConfig) -> Result<(), Error> {
        self.core.send_config(config).map_err(|kind| self.core.error(kind, now))
    }

    /// Sends a packet that is decoded `timestamp_ms` after the stream's start,
    /// modulo 2³², and shown `composition_ms` later.
    pub fn send_packet(
        &mut self,
        now: MediaTime,
        timestamp_ms: u32,
        composition_ms: i32,
        packet: &Packet,
    ) -> Result<(), Error> {
        self.core
            .send_packet(timestamp_ms, composition_ms, packet)
            .map_err(|kind| self.core.error(kind, now))
    }

    /// Takes the stream back and says goodbye. [`Event::Closed`] follows after a
    /// second or two at most, whatever the server does.
    ///
    /// A stream that is to go on in another session is not closed: drop the
    /// session and the connection, and the service keeps the stream open.
    pub fn close(&mut self, now: MediaTime) {
        self.core.close(now);
    }

    /// Whether all is said and the socket's sending side can be shut down.
    pub fn is_drained(&self) -> bool {
        self.core.state == State::Closing && self.output().is_empty()
    }

    fn shake_hands(&mut self, now: MediaTime, input: &mut &[u8]) -> Result<(), Error> {
        let Some(handshake) = &mut self.handshake else {
            return Ok(());
        };
        let result = handshake.read(input, self.core.out.raw()).map_err(ErrorKind::NotRtmp);
        if result.is_ok() && !handshake.is_done() {
            return Ok(());
        }
        self.handshake = None;
        result.and_then(|()| self.core.connect(now)).map_err(|kind| self.core.fail(kind, now))
    }

    fn read_messages(&mut self, now: MediaTime, input: &mut &[u8]) -> Result<(), Error> {
        while self.handshake.is_none() && self.core.state != State::Over {
            let result = match self.reader.read(input) {
                Ok(Some(message)) => {
                    self.core.read_up_to = self.core.received - input.len() as u64;
                    self.core.message_type = Some(message.header.message_type);
                    self.core.on_message(now, message.header.message_type, message.payload)
                }
                Ok(None) => break,
                Err(error) => {
                    self.core.read_up_to = error.offset;
                    Err(ErrorKind::Chunk(error))
                }
            };
            result.map_err(|kind| self.core.fail(kind, now))?;
            self.core.message_type = None;
        }
        Ok(())
    }
}

/// A number for the authentication's challenge, out of the handshake's random
/// bytes.
fn nonce(random: &[u8; RANDOM_SIZE]) -> u32 {
    let [a, b, c, d, ..] = *random;
    u32::from_be_bytes([a, b, c, d])
}
