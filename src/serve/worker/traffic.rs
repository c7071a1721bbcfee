//! Reading and writing: bytes between sockets, sessions and the queues of players.

use super::Worker;
use crate::media::MediaTime;
use crate::protocol::rtmp::server::{Rejection, ServerEvent};
use crate::protocol::rtmp::{Error, State};
use crate::serve::connection::{Connection, Progress};
use crate::serve::hub::ConnectionId;
use crate::serve::message::Message;
use crate::serve::player::Item;
use crate::serve::status::count;

/// Reads of one client before the others have their turn.
const READS_PER_TURN: usize = 4;

/// Bytes written to one client before the others have their turn.
const WRITES_PER_TURN: usize = 1 << 20;

/// A player's next message is made into chunks when less than this is pending, in
/// bytes: what is in chunks can no longer be dropped.
const PENDING_ENOUGH: usize = 64 << 10;

impl Worker {
    /// Reads and writes for one client, in turn with the others.
    pub(super) fn serve(&mut self, id: ConnectionId, now: MediaTime) {
        self.read(id, now);
        self.write(id, now);
        self.keep_within_memory(id, now);
    }

    fn read(&mut self, id: ConnectionId, now: MediaTime) {
        for _ in 0..READS_PER_TURN {
            let Some(connection) = self.connections.get_mut(&id) else { return };
            if connection.session.awaits_answer() {
                return;
            }
            if !connection.held.is_empty() {
                let held = std::mem::take(&mut connection.held);
                self.buffer[..held.len()].copy_from_slice(&held);
                self.take(id, held.len(), now);
                continue;
            }
            if !connection.is_readable() {
                return;
            }
            match connection.read(&mut self.buffer) {
                Progress::Bytes(length) => {
                    connection.heard = now;
                    count(&self.shared.bytes_in, length as u64);
                    self.take(id, length, now);
                }
                Progress::Blocked => return,
                Progress::Over => return self.on_end(id, now),
            }
        }
        self.ready.insert(id);
    }

    /// The client closed its side, or the connection broke. What it was answered last
    /// is still written: some close their side as soon as they have asked.
    fn on_end(&mut self, id: ConnectionId, now: MediaTime) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.on_end();
        if !connection.is_closing() {
            connection.close_after_output(now);
            self.release(id, now);
        }
    }

    /// Hands what was read to the session. What comes while closing is let go.
    fn take(&mut self, id: ConnectionId, length: usize, now: MediaTime) {
        let mut taken = 0;
        while taken < length
            && let Some(connection) = self.connections.get_mut(&id)
            && !connection.is_closing()
        {
            let result = connection.session.read(now, &self.buffer[taken..length]);
            while let Some(event) = self.next_event(id) {
                self.on_event(id, now, event);
            }
            match result {
                // Most requests are answered at once; behind one that is not nothing
                // can be understood yet.
                Ok(0) => {
                    self.hold(id, taken..length);
                    break;
                }
                Ok(count) => taken += count,
                Err(error) => return self.fail(id, now, &error),
            }
        }
        self.close_if_refused(id, now);
    }

    fn hold(&mut self, id: ConnectionId, rest: std::ops::Range<usize>) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.held = self.buffer[rest].to_vec();
        }
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
            if connection.is_over() {
                return self.remove(id, now);
            }
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
        while more && result.is_ok() && connection.session.pending_bytes() < PENDING_ENOUGH {
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
}

/// Writes one item of a player's queue.
fn send(connection: &mut Connection, stream_id: u32, item: &Item) -> Result<(), Error> {
    let session = &mut connection.session;
    match item {
        Item::Message(Message { kind, timestamp, payload }) => {
            session.send(stream_id, *kind, *timestamp, payload)
        }
        Item::Began => session.notify_published(stream_id),
        Item::Dry => session.notify_dry(stream_id),
        Item::Resumed => session.notify_resumed(stream_id),
        Item::Ended => session.notify_unpublished(stream_id),
        Item::NotFound => session.reject(stream_id, &Rejection::not_found()),
    }
}
