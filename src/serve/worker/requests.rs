//! What clients ask for: each event of a session has its own place here.

use std::time::Duration;

use super::Worker;
use crate::media::MediaTime;
use crate::protocol::rtmp::Error;
use crate::protocol::rtmp::server::{MediaKind, Rejection, ServerEvent};
use crate::serve::connection::Connection;
use crate::serve::hub::{ConnectionId, End, StreamNumber};
use crate::serve::message::{Message, Playback};
use crate::serve::names;
use crate::serve::status::count;

/// A publisher that is silent has this long to show that it is there.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// Somebody wants a name whose holder has fallen silent.
#[derive(Debug)]
pub(super) struct Contest {
    holder: ConnectionId,
    claim: Claim,
    asked: MediaTime,
}

/// A request to publish that waits.
#[derive(Debug)]
struct Claim {
    id: ConnectionId,
    stream_id: u32,
    path: Vec<u8>,
}

impl Contest {
    /// When the silent one has had its time.
    pub(super) fn deadline(&self) -> MediaTime {
        self.asked + SIGN_OF_LIFE
    }
}

impl Worker {
    /// Where all events of sessions come together; each has its own place.
    pub(super) fn on_event(&mut self, id: ConnectionId, now: MediaTime, event: ServerEvent) {
        match event {
            ServerEvent::Media { stream_id, kind, timestamp, payload } => {
                self.on_media(id, now, stream_id, &Message { kind, timestamp, payload });
            }
            ServerEvent::PublishRequested { stream_id, app, key } => {
                let path = names::to_publish(&app, &key, self.config.publish_key.as_ref());
                self.on_publish(id, now, stream_id, path);
            }
            ServerEvent::PlayRequested { stream_id, app, key } => {
                let path = names::to_play(&app, &key, self.config.publish_key.as_ref());
                self.on_play(id, now, stream_id, path);
            }
            ServerEvent::PublishEnded { stream_id } => self.on_publish_ended(id, now, stream_id),
            ServerEvent::PlayEnded { stream_id } => self.on_play_ended(id, stream_id),
            ServerEvent::Paused { stream_id, paused } => {
                self.set_playback(id, now, stream_id, |playback| playback.paused = paused);
            }
            ServerEvent::Sought { stream_id } => self.on_sought(id, now, stream_id),
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
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let Some(number) = connection.published(stream_id) else { return };
        connection.fed = now;
        let missed = self.hub.push(now, number, message);
        count(&self.shared.missed_pictures, missed);
        self.ready.extend(self.hub.listeners(number));
    }

    fn on_publish(
        &mut self,
        id: ConnectionId,
        now: MediaTime,
        stream_id: u32,
        path: Result<Vec<u8>, Rejection>,
    ) {
        if let Ok(path) = &path
            && let Some(holder) = self.silent_holder(now, path)
        {
            return self.contest(now, holder, Claim { id, stream_id, path: path.clone() });
        }
        self.answer_publish(id, now, stream_id, path);
    }

    fn answer_publish(
        &mut self,
        id: ConnectionId,
        now: MediaTime,
        stream_id: u32,
        path: Result<Vec<u8>, Rejection>,
    ) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let published = path
            .and_then(|path| self.hub.publish(now, &path).map_err(|_| Rejection::name_in_use()));
        let result = match published {
            Ok(number) => {
                connection.publishing.push((stream_id, number));
                connection.fed = now;
                tracing::info!("stream {}: published by client {}", number.0, id.0);
                let result = connection.session.accept_publish(stream_id);
                self.wake_listeners(number);
                result
            }
            Err(rejection) => {
                tracing::info!("client {} may not publish: {}", id.0, rejection.description);
                let result = connection.session.reject(stream_id, &rejection);
                if rejection.code == names::WRONG_KEY {
                    // Each guess costs a connection.
                    connection.close_after_output(now);
                }
                result
            }
        };
        self.fail_if(id, now, result);
    }

    /// Whoever publishes is heard several times a second. One who is not has most
    /// likely lost its network, and the one who asks now is the same, come back.
    fn silent_holder(&self, now: MediaTime, path: &[u8]) -> Option<ConnectionId> {
        let number = self.hub.find(path)?;
        let is_silent =
            |connection: &&Connection| now.since(connection.heard) >= self.config.silence_limit;
        let mut holders = self.connections.values().filter(|connection| connection.feeds(number));
        holders.find(is_silent).map(|connection| connection.id)
    }

    /// The one who is silent is asked for a sign of life before its name is given
    /// away; the one who wants it waits meanwhile.
    fn contest(&mut self, now: MediaTime, holder: ConnectionId, claim: Claim) {
        tracing::info!(
            "another client wants to publish the stream of client {}, which is silent and \
             now has {} s to answer",
            holder.0,
            SIGN_OF_LIFE.as_secs()
        );
        self.contests.push(Contest { holder, claim, asked: now });
        let Some(connection) = self.connections.get_mut(&holder) else { return };
        let result = connection.session.ping(now);
        self.ready.insert(holder);
        self.fail_if(holder, now, result);
    }

    /// Answers those who wait for a name whose holder has shown life, has gone, or
    /// has had its time.
    pub(super) fn settle_contests(&mut self, now: MediaTime) {
        for contest in std::mem::take(&mut self.contests) {
            // One who waited too long for the answer is gone, or on its way out.
            let claimant = self.connections.get(&contest.claim.id);
            if claimant.is_none_or(Connection::is_closing) {
                continue;
            }
            let holder = self.connections.get(&contest.holder);
            let number = self.hub.find(&contest.claim.path);
            let holder = holder.filter(|holder| number.is_some_and(|number| holder.feeds(number)));
            let is_silent = holder.is_some_and(|holder| holder.heard < contest.asked);
            if is_silent && now < contest.deadline() {
                self.contests.push(contest);
                continue;
            }
            if is_silent {
                self.take_name(contest.holder, now);
            }
            let Claim { id, stream_id, path } = contest.claim;
            self.answer_publish(id, now, stream_id, Ok(path));
            self.ready.insert(id);
        }
    }

    /// Another one publishes what this one did.
    fn take_name(&mut self, id: ConnectionId, now: MediaTime) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        tracing::info!("client {} stayed silent; another publishes its stream now", id.0);
        for (stream_id, _) in &connection.publishing {
            // What can't be said to one who is silent is not missed.
            let _ = connection.session.take_back(*stream_id, &Rejection::taken_over());
        }
        connection.close_after_output(now);
        self.release(id, now);
        self.ready.insert(id);
    }

    fn on_play(&mut self, id: ConnectionId, now: MediaTime, stream_id: u32, path: Option<Vec<u8>>) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let result = match path {
            Some(path) => {
                let number = self.hub.play(now, &path, connection.player(stream_id));
                connection.playing.push((stream_id, number));
                tracing::info!("stream {}: played by client {}", number.0, id.0);
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
        self.end_publishing(id, now, number, End::Goodbye);
    }

    pub(super) fn end_publishing(
        &mut self,
        id: ConnectionId,
        now: MediaTime,
        number: StreamNumber,
        end: End,
    ) {
        match end {
            End::Goodbye => tracing::info!("stream {}: client {} ended it", number.0, id.0),
            End::Lost(_) => {
                tracing::info!("stream {}: its publisher, client {}, was lost", number.0, id.0);
            }
        }
        self.hub.unpublish(now, number, end);
        self.wake_listeners(number);
    }

    pub(super) fn on_play_ended(&mut self, id: ConnectionId, stream_id: u32) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if let Some(number) = connection.played(stream_id) {
            self.hub.leave(number, connection.player(stream_id));
            connection.playing.retain(|(other, _)| *other != stream_id);
        }
        self.changed = true;
    }

    fn on_sought(&mut self, id: ConnectionId, now: MediaTime, stream_id: u32) {
        let Some(connection) = self.connections.get(&id) else { return };
        if let Some(number) = connection.played(stream_id) {
            self.hub.rejoin(now, number, connection.player(stream_id));
        }
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
    pub(super) fn wake_listeners(&mut self, number: StreamNumber) {
        self.ready.extend(self.hub.listeners(number));
        self.changed = true;
    }

    pub(super) fn fail_if(&mut self, id: ConnectionId, now: MediaTime, result: Result<(), Error>) {
        if let Err(error) = result {
            self.fail(id, now, &error);
        }
    }

    /// The session is over: the client may read why, then it is closed.
    pub(super) fn fail(&mut self, id: ConnectionId, now: MediaTime, error: &Error) {
        tracing::warn!("client {} was disconnected: {error}", id.0);
        self.release(id, now);
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.close_after_output(now);
            self.ready.insert(id);
        }
    }
}
