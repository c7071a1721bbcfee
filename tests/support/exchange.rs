//! Recorded exchanges between programs that we did not write, and whole messages
//! as owned values.
//!
//! Each `tests/fixtures/wire/NAME.client.bin` and `.server.bin` holds one
//! direction of a connection, handshake included. NAME says who connected to
//! nginx 1.22 with its rtmp module 1.2.2: ffmpeg 5.1 or GStreamer 1.22 to publish
//! five seconds of a tiny test picture, ffmpeg or rtmpdump 2.4 to play it.

use std::path::Path;

use tallylight::protocol::rtmp::chunk::{ChunkError, ChunkReader, Limits, Message, MessageHeader};
use tallylight::protocol::rtmp::handshake::{
    ClientForm, ClientHandshake, HANDSHAKE_SIZE, RANDOM_SIZE, ServerHandshake,
};

/// The recordings.
pub const NAMES: [&str; 4] =
    ["ffmpeg_publish", "ffmpeg_play", "gstreamer_publish", "rtmpdump_play"];

/// A message that owns its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    pub header: MessageHeader,
    pub payload: Vec<u8>,
}

impl PartialEq<Message<'_>> for Owned {
    fn eq(&self, message: &Message<'_>) -> bool {
        self.header == message.header && self.payload == message.payload
    }
}

impl From<Message<'_>> for Owned {
    fn from(message: Message<'_>) -> Self {
        Self { header: message.header, payload: message.payload.to_vec() }
    }
}

/// All bytes of one direction: `side` is "client" or "server".
pub fn recording(name: &str, side: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/wire");
    let path = folder.join(format!("{name}.{side}.bin"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// One direction after its handshake, which our side has to get through.
pub fn chunks(name: &str, side: &str) -> Vec<u8> {
    let bytes = recording(name, side);
    let mut input = &bytes[..];
    let mut out = Vec::new();
    let done = if side == "client" {
        let mut server = ServerHandshake::new(0, &[7; RANDOM_SIZE]);
        server.read(&mut input, &mut out).unwrap();
        server.is_done()
    } else {
        let mut client = ClientHandshake::new(ClientForm::Simple, 0, &[7; RANDOM_SIZE], &mut out);
        client.read(&mut input, &mut out).unwrap();
        client.is_done()
    };
    assert!(done && bytes.len() - input.len() == HANDSHAKE_SIZE);
    input.to_vec()
}

/// Reads the pieces one after the other with one reader.
pub fn read_pieces<'a>(
    limits: Limits,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<Owned>, ChunkError> {
    let mut reader = ChunkReader::new(limits);
    let mut messages = Vec::new();
    for mut piece in pieces {
        while let Some(message) = reader.read(&mut piece)? {
            messages.push(message.into());
        }
    }
    Ok(messages)
}
