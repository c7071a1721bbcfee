//! What a server session tells its owner.

use bytes::Bytes;

use crate::protocol::rtmp::key::StreamKey;

/// Something the owner of a server session has to know or decide. Streams are
/// told apart by their message stream id within the connection.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerEvent {
    /// A client is connected to an application; its requests follow.
    Connected {
        /// The application without its query.
        app: String,
    },
    /// The client wants to publish. Nothing goes on before
    /// [`accept_publish`](super::ServerSession::accept_publish) or
    /// [`reject`](super::ServerSession::reject).
    PublishRequested {
        /// The stream.
        stream_id: u32,
        /// The application.
        app: String,
        /// The name to publish under, with its query if it has one.
        key: StreamKey,
    },
    /// The client wants to play. Nothing goes on before
    /// [`accept_play`](super::ServerSession::accept_play) or
    /// [`reject`](super::ServerSession::reject).
    PlayRequested {
        /// The stream.
        stream_id: u32,
        /// The application.
        app: String,
        /// The name to play, with its query if it has one.
        key: StreamKey,
    },
    /// Something published on a stream that was accepted.
    Media {
        /// The stream.
        stream_id: u32,
        /// What it is.
        kind: MediaKind,
        /// When, in ms, modulo 2³².
        timestamp: u32,
        /// The body, as it can be sent on to players. Never empty.
        payload: Bytes,
    },
    /// The client has stopped publishing.
    PublishEnded {
        /// The stream.
        stream_id: u32,
    },
    /// The client has stopped playing.
    PlayEnded {
        /// The stream.
        stream_id: u32,
    },
    /// The client wants the stream to pause or to go on.
    Paused {
        /// The stream.
        stream_id: u32,
        /// Whether it is to pause.
        paused: bool,
    },
    /// The client wants to go to another time, and was told that it is there: it
    /// starts anew.
    Sought {
        /// The stream.
        stream_id: u32,
    },
    /// The client wants sound or pictures of the stream, or no longer does.
    Wanted {
        /// The stream.
        stream_id: u32,
        /// [`MediaKind::Audio`] or [`MediaKind::Video`].
        kind: MediaKind,
        /// Whether it wants them.
        wanted: bool,
    },
    /// The connection can be dropped once the output is empty.
    Closed,
}

/// What a media message carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// The body of an FLV audio tag.
    Audio,
    /// The body of an FLV video tag.
    Video,
    /// `onMetaData` and its values in AMF0, to be kept for players to come.
    Metadata,
    /// Another notice in AMF0: texts, cue points.
    Data,
}
