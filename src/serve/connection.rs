//! One client: its socket, its session, and what it publishes and plays.

use std::io::{self, IoSlice, Read, Write};
use std::net::IpAddr;
use std::time::Duration;

use mio::net::TcpStream;

use super::hub::{ConnectionId, PlayerId, StreamNumber};
use crate::media::MediaTime;
use crate::protocol::rtmp::server::ServerSession;

/// How long a client that is turned away may take to read why, and to close.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// Pieces handed to the socket at a time: half as many chunks.
const SLICES: usize = 64;

/// A client and what is known of it.
#[derive(Debug)]
pub struct Connection {
    /// Its number.
    pub id: ConnectionId,
    socket: TcpStream,
    address: IpAddr,
    /// What is spoken with it.
    pub session: ServerSession,
    /// What it publishes: message streams, and the streams they feed.
    pub publishing: Vec<(u32, StreamNumber)>,
    /// What it plays.
    pub playing: Vec<(u32, StreamNumber)>,
    /// The socket may have something to read.
    readable: bool,
    /// The socket may take more.
    writable: bool,
    /// Since when the socket takes nothing although something waits.
    blocked_since: Option<MediaTime>,
    /// When the client was last heard.
    pub heard: MediaTime,
    /// When it last published something, or began to.
    pub fed: MediaTime,
    closing: Option<Closing>,
    /// The client says nothing more.
    ended: bool,
    /// What was read behind a request that waits for its answer.
    pub held: Vec<u8>,
    /// It is only here to be told that there is no room.
    pub turned_away: bool,
}

/// Nothing more is said than what is pending, then the client may close.
#[derive(Clone, Copy, Debug)]
struct Closing {
    by: MediaTime,
    /// Everything was written, and our side is shut.
    shut: bool,
}

/// What came of reading or writing.
#[derive(Debug)]
pub enum Progress {
    /// So many bytes.
    Bytes(usize),
    /// None for now.
    Blocked,
    /// The connection is over.
    Over,
}

impl Connection {
    /// A client that was just accepted; its socket may be ready for anything.
    pub fn new(
        now: MediaTime,
        id: ConnectionId,
        socket: TcpStream,
        address: IpAddr,
        session: ServerSession,
    ) -> Self {
        Self {
            id,
            socket,
            address,
            session,
            publishing: Vec::new(),
            playing: Vec::new(),
            readable: true,
            writable: true,
            blocked_since: None,
            heard: now,
            fed: now,
            closing: None,
            ended: false,
            held: Vec::new(),
            turned_away: false,
        }
    }

    /// Memory that it holds for itself, in bytes.
    pub fn memory(&self) -> usize {
        self.session.memory() + self.held.capacity()
    }

    /// Whether it neither publishes nor plays.
    pub fn is_stranger(&self) -> bool {
        self.publishing.is_empty() && self.playing.is_empty()
    }

    /// The socket, to register it.
    pub fn socket(&mut self) -> &mut TcpStream {
        &mut self.socket
    }

    /// Where the client is.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// The system says what the socket is ready for.
    pub fn on_ready(&mut self, readable: bool, writable: bool) {
        self.readable |= readable;
        self.writable |= writable;
    }

    /// Whether there may be something to read.
    pub fn is_readable(&self) -> bool {
        self.readable
    }

    /// Whether the socket may take more.
    pub fn is_writable(&self) -> bool {
        self.writable
    }

    /// Reads what fits into `buffer`.
    pub fn read(&mut self, buffer: &mut [u8]) -> Progress {
        loop {
            match self.socket.read(buffer) {
                Ok(0) => return Progress::Over,
                Ok(count) => return Progress::Bytes(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.readable = false;
                    return Progress::Blocked;
                }
                Err(_) => return Progress::Over,
            }
        }
    }

    /// Writes what is pending, as far as the socket takes it in one go.
    pub fn write(&mut self, now: MediaTime) -> Progress {
        loop {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let count = self.session.output_slices(&mut slices);
            match self.socket.write_vectored(&slices[..count]) {
                Ok(count) => {
                    self.session.consume(count);
                    self.session.note_taken(now);
                    self.blocked_since = None;
                    return Progress::Bytes(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.writable = false;
                    self.blocked_since.get_or_insert(now);
                    return Progress::Blocked;
                }
                Err(_) => return Progress::Over,
            }
        }
    }

    /// Says no more than what is pending, then closes.
    pub fn close_after_output(&mut self, now: MediaTime) {
        self.close_by(now + CLOSE_LIMIT);
    }

    /// As [`close_after_output`](Self::close_after_output), by another time.
    pub fn close_by(&mut self, by: MediaTime) {
        let shut = self.closing.is_some_and(|closing| closing.shut);
        self.closing = Some(Closing { by, shut });
    }

    /// Whether nothing more is to be said.
    pub fn is_closing(&self) -> bool {
        self.closing.is_some()
    }

    /// The client has closed its side, and may still read.
    pub fn on_end(&mut self) {
        self.ended = true;
        self.readable = false;
    }

    /// Whether both sides have said everything.
    pub fn is_over(&self) -> bool {
        self.ended && self.is_closing() && self.session.output().is_empty()
    }

    /// Shuts our side once all is written; what the client still sends is let go
    /// until it closes too, so that it gets to read the end of ours.
    pub fn shut_if_written(&mut self) {
        let done = self.session.output().is_empty();
        if let Some(closing) = self.closing.as_mut().filter(|closing| done && !closing.shut) {
            closing.shut = true;
            // It fails when the client has gone, which ends it anyway.
            let _ = self.socket.shutdown(std::net::Shutdown::Write);
        }
    }

    /// When something is due: the session's own deadline, a player that reads
    /// nothing, the end of closing.
    pub fn deadline(&self, stall_limit: Duration) -> MediaTime {
        match self.closing {
            Some(closing) => closing.by,
            None => {
                let both = [self.stall_deadline(stall_limit), self.session.deadline()];
                both.into_iter().flatten().min().unwrap_or(MediaTime::from_micros(i64::MAX))
            }
        }
    }

    /// Whether it took nothing for too long.
    pub fn is_stalled(&self, now: MediaTime, stall_limit: Duration) -> bool {
        self.stall_deadline(stall_limit).is_some_and(|at| at <= now)
    }

    /// Whether it publishes this stream.
    pub fn feeds(&self, number: StreamNumber) -> bool {
        self.publishing.iter().any(|(_, other)| *other == number)
    }

    /// The stream that a message stream publishes.
    pub fn published(&self, stream_id: u32) -> Option<StreamNumber> {
        self.publishing.iter().find(|(id, _)| *id == stream_id).map(|(_, number)| *number)
    }

    /// The stream that a message stream plays.
    pub fn played(&self, stream_id: u32) -> Option<StreamNumber> {
        self.playing.iter().find(|(id, _)| *id == stream_id).map(|(_, number)| *number)
    }

    /// What the hub knows a message stream as.
    pub fn player(&self, stream_id: u32) -> PlayerId {
        PlayerId { connection: self.id, stream_id }
    }

    fn stall_deadline(&self, stall_limit: Duration) -> Option<MediaTime> {
        self.blocked_since.map(|since| since + stall_limit)
    }
}
