//! The server's thread: waits for sockets and deadlines, and hands what comes to
//! the sessions and the hub.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use super::Config;
use super::admission::Admission;
use super::connection::{Connection, Progress};
use super::hub::{ConnectionId, Hub, StreamNumber};
use super::message::{Message, Playback};
use super::player::Item;
use super::status::{Shared, Status, StreamStatus, count};
use crate::media::{Clock, MediaTime};
use crate::protocol::rtmp::handshake::RANDOM_SIZE;
use crate::protocol::rtmp::key::StreamKey;
use crate::protocol::rtmp::server::{MediaKind, Rejection, ServerEvent, ServerSession};
use crate::protocol::rtmp::{Error, State};

pub(super) const LISTENER: Token = Token(0);
pub(super) const WAKER: Token = Token(1);
const FIRST_CONNECTION: usize = 2;

/// Bytes read in one go.
const READ_BUFFER: usize = 128 << 10;

/// Reads of one client before the others have their turn.
const READS_PER_TURN: usize = 4;

/// Bytes written to one client before the others have their turn.
const WRITES_PER_TURN: usize = 1 << 20;

/// A player's next message is made into chunks when less than this is pending, in
/// bytes: what is in chunks can no longer be dropped.
const PENDING_ENOUGH: usize = 64 << 10;

/// How long to wait when the system has no more sockets.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What is left to say at the end must be said in this time.
const STOP_LIMIT: Duration = Duration::from_millis(400);

/// Longest name of a stream, application included, in bytes.
const MAX_PATH: usize = 1024;

/// Everything that the thread owns.
pub(super) struct Worker {
    poll: Poll,
    listener: TcpListener,
    config: Config,
    shared: Arc<Shared>,
    clock: Clock,
    connections: HashMap<ConnectionId, Connection>,
    admission: Admission,
    hub: Hub,
    /// Connections that have something to do before the next wait.
    ready: BTreeSet<ConnectionId>,
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
            hub: Hub::new(config.hub),
            ready: BTreeSet::new(),
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
            self.publish_status();
            let timeout = self.timeout();
            if let Err(error) = self.poll.poll(&mut events, timeout)
                && error.kind() != std::io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "the RTMP server cannot wait for its sockets and ends");
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
        let next = connections.chain(self.hub.deadline()).chain(self.accept_at).min()?;
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
            tracing::warn!(client = id.0, "closed: it read nothing for too long");
            count(&self.shared.stalled_players, 1);
            return self.remove(id, now);
        }
        match connection.session.on_deadline(now) {
            Ok(()) => {
                self.ready.insert(id);
            }
            Err(error) => self.fail(id, now, &error),
        }
    }

    /// Takes all who wait to be let in.
    fn accept(&mut self, now: MediaTime) {
        self.accept_at = None;
        loop {
            match self.listener.accept() {
                Ok((socket, address)) => self.admit(socket, address, now),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    // One that has gone again, or no more sockets: later is better.
                    tracing::warn!(%error, "a client could not be accepted");
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
        if let Err(refused) = self.admission.enter(address.ip()) {
            tracing::warn!(?refused, "a client was turned away: too many connections");
            return;
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
            tracing::warn!(%error, "a client could not be served");
            return self.admission.leave(address.ip());
        }
        tracing::debug!(client = id.0, "connected");
        let session = ServerSession::new(self.config.session.clone(), &random(), now);
        let connection = Connection::new(id, socket, address.ip(), session);
        self.connections.insert(id, connection);
        self.ready.insert(id);
        self.changed = true;
    }

    /// Reads and writes for one client, in turn with the others.
    fn serve(&mut self, id: ConnectionId, now: MediaTime) {
        self.read(id, now);
        self.write(id, now);
    }

    fn read(&mut self, id: ConnectionId, now: MediaTime) {
        for _ in 0..READS_PER_TURN {
            let Some(connection) = self.connections.get_mut(&id) else { return };
            if !connection.is_readable() {
                return;
            }
            match connection.read(&mut self.buffer) {
                Progress::Bytes(length) => self.take(id, length, now),
                Progress::Blocked => return,
                Progress::Over => return self.remove(id, now),
            }
        }
        self.ready.insert(id);
    }

    /// Hands what was read to the session. What comes while closing is let go.
    fn take(&mut self, id: ConnectionId, length: usize, now: MediaTime) {
        count(&self.shared.bytes_in, length as u64);
        let mut taken = 0;
        while taken < length
            && let Some(connection) = self.connections.get_mut(&id)
            && !connection.is_closing()
        {
            let result = connection.session.read(now, &self.buffer[taken..length]);
            // Each request is answered at once, so that there is always progress.
            while let Some(event) = self.next_event(id) {
                self.on_event(id, now, event);
            }
            match result {
                Ok(count) => taken += count,
                Err(error) => return self.fail(id, now, &error),
            }
        }
        self.close_if_refused(id, now);
    }

    fn next_event(&mut self, id: ConnectionId) -> Option<ServerEvent> {
        self.connections.get_mut(&id)?.session.poll_event()
    }

    /// The session turns clients away by itself that can't prove who they are.
    fn close_if_refused(&mut self, id: ConnectionId, now: MediaTime) {
        if let Some(connection) = self.connections.get_mut(&id)
            && connection.session.state() == State::Closing
        {
            connection.close_after_output(now);
        }
    }

    /// Writes what is pending, and what the player's queue holds behind it.
    fn write(&mut self, id: ConnectionId, now: MediaTime) {
        let mut written = 0;
        while written < WRITES_PER_TURN {
            self.refill(id, now);
            let Some(connection) = self.connections.get_mut(&id) else { return };
            if !connection.is_writable() {
                return;
            }
            if connection.session.output().is_empty() {
                return connection.shut_if_written();
            }
            match connection.write(now) {
                Progress::Bytes(length) => {
                    written += length;
                    count(&self.shared.bytes_out, length as u64);
                }
                Progress::Blocked => return,
                Progress::Over => return self.remove(id, now),
            }
        }
        self.ready.insert(id);
    }

    /// Makes the next messages of what is played into chunks.
    fn refill(&mut self, id: ConnectionId, now: MediaTime) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let mut result = Ok(());
        let mut more = !connection.is_closing();
        while more && result.is_ok() && connection.session.output().len() < PENDING_ENOUGH {
            more = false;
            for index in 0..connection.playing.len() {
                let (stream_id, number) = connection.playing[index];
                if let Some(item) = self.hub.pop(number, connection.player(stream_id)) {
                    more = true;
                    result = result.and(send(connection, stream_id, &item));
                    if item == Item::NotFound {
                        self.on_play_ended(id, stream_id);
                        return self.say_goodbye(id, now);
                    }
                }
            }
        }
        self.fail_if(id, now, result);
    }

    /// Closes a client that has nothing left to do here.
    fn say_goodbye(&mut self, id: ConnectionId, now: MediaTime) {
        if let Some(connection) = self.connections.get_mut(&id)
            && connection.playing.is_empty()
            && connection.publishing.is_empty()
        {
            connection.close_after_output(now);
        }
    }

    /// Where all events of sessions come together; each has its own place.
    fn on_event(&mut self, id: ConnectionId, now: MediaTime, event: ServerEvent) {
        match event {
            ServerEvent::Media { stream_id, kind, timestamp, payload } => {
                self.on_media(id, now, stream_id, &Message { kind, timestamp, payload });
            }
            ServerEvent::PublishRequested { stream_id, app, key } => {
                let path = stream_path(&app, &key);
                self.on_publish(id, now, stream_id, path);
            }
            ServerEvent::PlayRequested { stream_id, app, key } => {
                let path = stream_path(&app, &key);
                self.on_play(id, now, stream_id, path);
            }
            ServerEvent::PublishEnded { stream_id } => self.on_publish_ended(id, now, stream_id),
            ServerEvent::PlayEnded { stream_id } => self.on_play_ended(id, stream_id),
            ServerEvent::Paused { stream_id, paused } => {
                self.set_playback(id, now, stream_id, |playback| playback.paused = paused);
            }
            ServerEvent::Wanted { stream_id, kind: MediaKind::Audio, wanted } => {
                self.set_playback(id, now, stream_id, |playback| playback.audio = wanted);
            }
            ServerEvent::Wanted { stream_id, wanted, .. } => {
                self.set_playback(id, now, stream_id, |playback| playback.video = wanted);
            }
            // Everyone may use any application; the end is seen by the socket.
            ServerEvent::Connected { .. } | ServerEvent::Closed => {}
        }
    }

    fn on_media(&mut self, id: ConnectionId, now: MediaTime, stream_id: u32, message: &Message) {
        let connection = self.connections.get(&id);
        let Some(number) = connection.and_then(|c| c.published(stream_id)) else { return };
        let missed = self.hub.push(now, number, message);
        count(&self.shared.missed_pictures, missed);
        self.ready.extend(self.hub.listeners(number));
    }

    fn on_publish(
        &mut self,
        id: ConnectionId,
        now: MediaTime,
        stream_id: u32,
        path: Option<Vec<u8>>,
    ) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let published = path
            .ok_or_else(no_name)
            .and_then(|path| self.hub.publish(now, &path).map_err(|_| Rejection::name_in_use()));
        let result = match published {
            Ok(number) => {
                connection.publishing.push((stream_id, number));
                tracing::info!(client = id.0, stream = number.0, "publishes");
                let result = connection.session.accept_publish(stream_id);
                self.wake_listeners(number);
                result
            }
            Err(rejection) => {
                tracing::info!(client = id.0, why = rejection.description, "may not publish");
                connection.session.reject(stream_id, &rejection)
            }
        };
        self.fail_if(id, now, result);
    }

    fn on_play(&mut self, id: ConnectionId, now: MediaTime, stream_id: u32, path: Option<Vec<u8>>) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let result = match path {
            Some(path) => {
                let number = self.hub.play(now, &path, connection.player(stream_id));
                connection.playing.push((stream_id, number));
                tracing::info!(client = id.0, stream = number.0, "plays");
                connection.session.accept_play(stream_id)
            }
            None => connection.session.reject(stream_id, &Rejection::not_found()),
        };
        self.changed = true;
        self.fail_if(id, now, result);
    }

    fn on_publish_ended(&mut self, id: ConnectionId, now: MediaTime, stream_id: u32) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let Some(number) = connection.published(stream_id) else { return };
        connection.publishing.retain(|(other, _)| *other != stream_id);
        self.end_publishing(id, now, number, false);
    }

    fn end_publishing(
        &mut self,
        id: ConnectionId,
        now: MediaTime,
        number: StreamNumber,
        lost: bool,
    ) {
        tracing::info!(client = id.0, stream = number.0, lost, "publishes no longer");
        self.hub.unpublish(now, number, lost);
        self.wake_listeners(number);
    }

    fn on_play_ended(&mut self, id: ConnectionId, stream_id: u32) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if let Some(number) = connection.played(stream_id) {
            self.hub.leave(number, connection.player(stream_id));
            connection.playing.retain(|(other, _)| *other != stream_id);
        }
        self.changed = true;
    }

    fn set_playback(
        &mut self,
        id: ConnectionId,
        now: MediaTime,
        stream_id: u32,
        change: impl FnOnce(&mut Playback),
    ) {
        let Some(connection) = self.connections.get(&id) else { return };
        if let Some(number) = connection.played(stream_id) {
            self.hub.set_playback(now, number, connection.player(stream_id), change);
        }
    }

    /// Something was put into the queues of all who play this stream.
    fn wake_listeners(&mut self, number: StreamNumber) {
        self.ready.extend(self.hub.listeners(number));
        self.changed = true;
    }

    fn fail_if(&mut self, id: ConnectionId, now: MediaTime, result: Result<(), Error>) {
        if let Err(error) = result {
            self.fail(id, now, &error);
        }
    }

    /// The session is over: the client may read why, then it is closed.
    fn fail(&mut self, id: ConnectionId, now: MediaTime, error: &Error) {
        tracing::warn!(client = id.0, %error, "closed");
        self.release(id, now);
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.close_after_output(now);
            self.ready.insert(id);
        }
    }

    fn remove(&mut self, id: ConnectionId, now: MediaTime) {
        self.release(id, now);
        let Some(mut connection) = self.connections.remove(&id) else { return };
        self.admission.leave(connection.address());
        // It fails only for a socket that was never registered.
        let _ = self.poll.registry().deregister(connection.socket());
        tracing::debug!(client = id.0, "gone");
    }

    /// Lets go of all that a client publishes and plays.
    fn release(&mut self, id: ConnectionId, now: MediaTime) {
        self.changed = true;
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let publishing = std::mem::take(&mut connection.publishing);
        for (stream_id, number) in std::mem::take(&mut connection.playing) {
            self.hub.leave(number, connection.player(stream_id));
        }
        for (_, number) in publishing {
            self.end_publishing(id, now, number, true);
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
            ..Status::default()
        });
    }
}

/// Writes one item of a player's queue.
fn send(connection: &mut Connection, stream_id: u32, item: &Item) -> Result<(), Error> {
    let session = &mut connection.session;
    match item {
        Item::Message(Message { kind, timestamp, payload }) => {
            session.send(stream_id, *kind, *timestamp, payload)
        }
        Item::Began => session.notify_published(stream_id),
        Item::Ended => session.notify_unpublished(stream_id),
        Item::NotFound => session.reject(stream_id, &Rejection::not_found()),
    }
}

fn no_name() -> Rejection {
    let description = "A stream needs a name of reasonable length".to_owned();
    Rejection { code: "NetStream.Publish.BadName", description }
}

fn stream_status(
    (number, label, published, players): (StreamNumber, String, bool, usize),
) -> StreamStatus {
    StreamStatus { number: number.0, label, published, players }
}

/// What a stream is known by: application and name as one path, however a client
/// divides them, without queries. None where there is no name or too much of it.
fn stream_path(app: &str, key: &StreamKey) -> Option<Vec<u8>> {
    let without_query = |text: &str| text.split('?').next().unwrap_or_default().to_owned();
    let (app, name) = (without_query(app), without_query(key.expose()));
    let parts = app.split('/').chain(name.split('/')).filter(|part| !part.is_empty());
    let path = parts.collect::<Vec<_>>().join("/").into_bytes();
    (!path.is_empty() && path.len() <= MAX_PATH).then_some(path)
}

/// The handshake wants random bytes and depends on none: it goes on without.
fn random() -> [u8; RANDOM_SIZE] {
    let mut random = [0; RANDOM_SIZE];
    if let Err(error) = getrandom::fill(&mut random) {
        tracing::warn!(%error, "no random bytes for a handshake");
    }
    random
}
