//! The server's thread: waits for sockets and deadlines, lets clients in and out.
//!
//! `traffic` moves their bytes, `requests` does what they ask for, `room` keeps memory
//! and connections within their limits.

mod requests;
mod room;
mod traffic;

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use self::requests::Contest;
use super::Config;
use super::admission::{Admission, Refused};
use super::connection::Connection;
use super::hub::{ConnectionId, End, Hub, StreamNumber};
use super::memory::Ledger;
use super::status::{Shared, Status, StreamStatus};
use crate::media::{Clock, MediaTime};
use crate::protocol::rtmp::handshake::RANDOM_SIZE;
use crate::protocol::rtmp::server::{ServerOptions, ServerSession};
use crate::supervise::{self, Part};

pub(super) const LISTENER: Token = Token(0);
pub(super) const WAKER: Token = Token(1);
const FIRST_CONNECTION: usize = 2;

/// Bytes read in one go.
const READ_BUFFER: usize = 128 << 10;

/// Clients let in before the others have their turn. They come in again at once.
const ACCEPTS_PER_TURN: usize = 64;

/// How long to wait when the system has no more sockets.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Clients that are told at a time that there is no room; more are closed without a
/// word.
const TURNED_AWAY: usize = 16;

/// What they have for asking.
const TURN_AWAY_LIMIT: Duration = Duration::from_secs(3);

/// What is left to say at the end must be said in this time.
const STOP_LIMIT: Duration = Duration::from_millis(400);

/// Everything that the thread owns.
pub(super) struct Worker {
    poll: Poll,
    listener: TcpListener,
    config: Config,
    shared: Arc<Shared>,
    clock: Clock,
    connections: HashMap<ConnectionId, Connection>,
    admission: Admission,
    ledger: Ledger,
    hub: Hub,
    /// Connections that have something to do before the next wait.
    ready: BTreeSet<ConnectionId>,
    /// Names that are wanted by others than their holders.
    contests: Vec<Contest>,
    /// Clients that are only here to be told that there is no room.
    turned_away: usize,
    /// Clients that were closed for reading nothing.
    stalled: u64,
    /// The listener may have more, from this time on.
    accept_at: Option<MediaTime>,
    last_id: usize,
    buffer: Vec<u8>,
    /// Who is there has changed since the last status.
    changed: bool,
    stopping: bool,
}

impl Worker {
    pub fn new(poll: Poll, listener: TcpListener, config: Config, shared: Arc<Shared>) -> Self {
        Self {
            poll,
            listener,
            shared,
            clock: Clock::starting_at(Instant::now()),
            connections: HashMap::new(),
            admission: Admission::new(config.max_connections, config.max_per_address),
            ledger: Ledger::new(config.memory),
            hub: Hub::new(config.hub),
            ready: BTreeSet::new(),
            contests: Vec::new(),
            turned_away: 0,
            stalled: 0,
            accept_at: None,
            last_id: FIRST_CONNECTION - 1,
            buffer: vec![0; READ_BUFFER],
            changed: true,
            stopping: false,
            config,
        }
    }

    /// Serves until it is told to stop.
    pub fn run(mut self) {
        let mut events = Events::with_capacity(256);
        while !(self.stopping && self.connections.is_empty()) {
            supervise::falter(Part::Server);
            self.publish_status();
            let timeout = self.timeout();
            if let Err(error) = self.poll.poll(&mut events, timeout)
                && error.kind() != std::io::ErrorKind::Interrupted
            {
                tracing::error!("the server cannot wait for its sockets and ends: {error}");
                return;
            }
            let now = self.now();
            for event in &events {
                self.on_ready(event, now);
            }
            if self.shared.should_stop() && !self.stopping {
                self.begin_stop(now);
            }
            self.on_deadlines(now);
            for id in std::mem::take(&mut self.ready) {
                self.serve(id, now);
            }
            self.settle_contests(now);
        }
    }

    fn now(&self) -> MediaTime {
        self.clock.at(Instant::now())
    }

    /// Until the next deadline; not at all while somebody has something to do.
    fn timeout(&self) -> Option<Duration> {
        if !self.ready.is_empty() {
            return Some(Duration::ZERO);
        }
        let limit = self.config.stall_limit;
        let connections = self.connections.values().map(|connection| connection.deadline(limit));
        let contests = self.contests.iter().map(Contest::deadline);
        let others = self.hub.deadline().into_iter().chain(self.accept_at).chain(contests);
        let next = connections.chain(others).min()?;
        // Whole milliseconds, and never before the deadline.
        Some(next.since(self.now()) + Duration::from_millis(1))
    }

    fn on_ready(&mut self, event: &mio::event::Event, now: MediaTime) {
        match event.token() {
            LISTENER => self.accept_at = Some(now),
            WAKER => {}
            Token(id) => {
                if let Some(connection) = self.connections.get_mut(&ConnectionId(id)) {
                    let over = event.is_read_closed() || event.is_error();
                    connection.on_ready(event.is_readable() || over, event.is_writable());
                    self.ready.insert(ConnectionId(id));
                }
            }
        }
    }

    fn on_deadlines(&mut self, now: MediaTime) {
        if self.accept_at.is_some_and(|at| at <= now) {
            self.accept(now);
        }
        for number in self.hub.on_deadline(now) {
            self.ready.extend(self.hub.listeners(number));
        }
        let limit = self.config.stall_limit;
        let due = self.connections.iter().filter(|(_, c)| c.deadline(limit) <= now);
        for id in due.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.on_connection_deadline(id, now);
        }
    }

    fn on_connection_deadline(&mut self, id: ConnectionId, now: MediaTime) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if connection.is_closing() {
            return self.remove(id, now);
        }
        if connection.is_stalled(now, self.config.stall_limit) {
            tracing::warn!("client {} was disconnected: it stopped reading", id.0);
            self.stalled += 1;
            return self.remove(id, now);
        }
        match connection.session.on_deadline(now) {
            Ok(()) => {
                self.ready.insert(id);
                self.note_silence(id, now);
            }
            Err(error) => self.fail(id, now, &error),
        }
    }

    /// Players learn of a publisher that is pinged for its silence.
    fn note_silence(&mut self, id: ConnectionId, now: MediaTime) {
        let Some(connection) = self.connections.get(&id) else { return };
        if now.since(connection.heard) < self.config.silence_limit {
            return;
        }
        for (_, number) in connection.publishing.clone() {
            self.hub.fall_silent(now, number);
            self.wake_listeners(number);
        }
    }

    /// Takes all who wait to be let in.
    fn accept(&mut self, now: MediaTime) {
        for _ in 0..ACCEPTS_PER_TURN {
            match self.listener.accept() {
                Ok((socket, address)) => self.admit(socket, address, now),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    self.accept_at = None;
                    return;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    // One that has gone again, or no more sockets: later is better.
                    tracing::warn!("a client could not be accepted: {error}");
                    self.accept_at = Some(now + ACCEPT_PAUSE);
                    return;
                }
            }
        }
    }

    fn admit(&mut self, mut socket: TcpStream, address: SocketAddr, now: MediaTime) {
        if self.stopping {
            return;
        }
        let mut refused = self.admission.enter(address.ip()).err();
        if refused.is_some_and(|refused| self.make_room(refused, address.ip(), now)) {
            refused = self.admission.enter(address.ip()).err();
        }
        if let Some(refused) = refused {
            tracing::warn!("a client was turned away: {}", refused.reason());
            if self.turned_away >= TURNED_AWAY {
                return;
            }
        }
        self.last_id += 1;
        let id = ConnectionId(self.last_id);
        let interest = Interest::READABLE | Interest::WRITABLE;
        let prepared = socket.set_nodelay(true).and_then(|()| {
            let size = self.config.send_buffer;
            socket2::SockRef::from(&socket).set_send_buffer_size(size)?;
            self.poll.registry().register(&mut socket, Token(id.0), interest)
        });
        if let Err(error) = prepared {
            tracing::warn!("a client could not be served: {error}");
            if refused.is_none() {
                self.admission.leave(address.ip());
            }
            return;
        }
        tracing::debug!("client {} connected", id.0);
        let session = ServerSession::new(self.session_options(refused), &random(), now);
        let mut connection = Connection::new(now, id, socket, address.ip(), session);
        connection.turned_away = refused.is_some();
        self.turned_away += usize::from(connection.turned_away);
        self.connections.insert(id, connection);
        self.ready.insert(id);
        self.changed = true;
    }

    /// One who can't be let in is told so when it asks, and has little time for that.
    fn session_options(&self, refused: Option<Refused>) -> ServerOptions {
        let mut options = self.config.session.clone();
        if let Some(refused) = refused {
            options.turn_away = Some(refused.reason());
            options.timeouts.handshake = TURN_AWAY_LIMIT;
            options.timeouts.reply = TURN_AWAY_LIMIT;
        }
        options
    }

    fn remove(&mut self, id: ConnectionId, now: MediaTime) {
        self.release(id, now);
        self.ledger.forget(id);
        let Some(mut connection) = self.connections.remove(&id) else { return };
        if connection.turned_away {
            self.turned_away -= 1;
        } else {
            self.admission.leave(connection.address());
        }
        // It fails only for a socket that was never registered.
        let _ = self.poll.registry().deregister(connection.socket());
        tracing::debug!("client {} is gone", id.0);
    }

    /// Lets go of all that a client publishes and plays.
    fn release(&mut self, id: ConnectionId, now: MediaTime) {
        self.changed = true;
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let publishing = std::mem::take(&mut connection.publishing);
        let lost = End::Lost(connection.heard);
        for (stream_id, number) in std::mem::take(&mut connection.playing) {
            self.hub.leave(number, connection.player(stream_id));
        }
        for (_, number) in publishing {
            self.end_publishing(id, now, number, lost);
        }
    }

    /// Tells everyone, and gives them a moment to hear it.
    fn begin_stop(&mut self, now: MediaTime) {
        self.stopping = true;
        for connection in self.connections.values_mut() {
            for (stream_id, _) in &connection.playing {
                // What can't be said is not worth more at the end.
                let _ = connection.session.end_play(*stream_id);
            }
            connection.close_by(now + STOP_LIMIT);
        }
        self.ready.extend(self.connections.keys());
    }

    fn publish_status(&mut self) {
        if !std::mem::take(&mut self.changed) {
            return;
        }
        let mut streams: Vec<_> = self.hub.streams().map(stream_status).collect();
        streams.sort_unstable_by_key(|stream| stream.number);
        let connections = self.connections.values();
        self.shared.set_table(Status {
            connections: connections.len(),
            publishers: connections.clone().map(|c| c.publishing.len()).sum(),
            players: connections.map(|c| c.playing.len()).sum(),
            streams,
            stalled_players: self.stalled,
            ..Status::default()
        });
    }
}

fn stream_status(
    (number, label, published, players): (StreamNumber, String, bool, usize),
) -> StreamStatus {
    StreamStatus { number: number.0, label, published, players }
}

/// The handshake wants random bytes and depends on none: it goes on without.
fn random() -> [u8; RANDOM_SIZE] {
    let mut random = [0; RANDOM_SIZE];
    if let Err(error) = getrandom::fill(&mut random) {
        tracing::warn!("no random bytes for a handshake: {error}");
    }
    random
}
