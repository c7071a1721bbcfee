//! What clients ask for: each event of a session has its own place here.

use super::Worker;
use crate::media::MediaTime;
use crate::protocol::rtmp::Error;
use crate::protocol::rtmp::key::StreamKey;
use crate::protocol::rtmp::server::{MediaKind, Rejection, ServerEvent};
use crate::serve::connection::Connection;
use crate::serve::hub::{ConnectionId, StreamNumber};
use crate::serve::message::{Message, Playback};
use crate::serve::status::count;

/// Longest name of a stream, application included, in bytes.
const MAX_PATH: usize = 1024;

impl Worker {
    /// Where all events of sessions come together; each has its own place.
    pub(super) fn on_event(&mut self, id: ConnectionId, now: MediaTime, event: ServerEvent) {
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
        if let Some(path) = &path {
            self.let_go_of_silent(now, path);
        }
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

    /// Whoever publishes is heard several times a second. One who is not has most
    /// likely lost its network, and the one who asks now is the same, come back.
    fn let_go_of_silent(&mut self, now: MediaTime, path: &[u8]) {
        let Some(number) = self.hub.find(path) else { return };
        let limit = self.config.silence_limit;
        let is_silent = |connection: &&Connection| {
            now.since(connection.heard) >= limit
                && connection.publishing.iter().any(|(_, other)| *other == number)
        };
        if let Some(id) = self.connections.values().find(is_silent).map(|connection| connection.id)
        {
            tracing::info!(client = id.0, stream = number.0, "silent; another takes its place");
            self.remove(id, now);
        }
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

    pub(super) fn end_publishing(
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

    pub(super) fn on_play_ended(&mut self, id: ConnectionId, stream_id: u32) {
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

    pub(super) fn fail_if(&mut self, id: ConnectionId, now: MediaTime, result: Result<(), Error>) {
        if let Err(error) = result {
            self.fail(id, now, &error);
        }
    }

    /// The session is over: the client may read why, then it is closed.
    pub(super) fn fail(&mut self, id: ConnectionId, now: MediaTime, error: &Error) {
        tracing::warn!(client = id.0, %error, "closed");
        self.release(id, now);
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.close_after_output(now);
            self.ready.insert(id);
        }
    }
}

fn no_name() -> Rejection {
    let description = "A stream needs a name of reasonable length".to_owned();
    Rejection { code: "NetStream.Publish.BadName", description }
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
