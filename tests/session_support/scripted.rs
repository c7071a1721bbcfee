//! A peer that sends what the test tells it to: bytes of a server that may be
//! strict, sloppy or hostile, and a decoder for what it is sent.

use tallylight::media::MediaTime;
use tallylight::protocol::amf0::{Decoder, Encoder, Properties, Value};
use tallylight::protocol::rtmp::chunk::{ChunkReader, ChunkWriter, Limits, MessageHeader};
use tallylight::protocol::rtmp::client::{ClientSession, Event};
use tallylight::protocol::rtmp::command::Command;
use tallylight::protocol::rtmp::error::Error;
use tallylight::protocol::rtmp::handshake::{HANDSHAKE_SIZE, PACKET_SIZE};
use tallylight::protocol::rtmp::message::{MessageType, ProtocolControl, UserControl};

use super::{at, client, events, take_output};

/// A message as it was received.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    pub header: MessageHeader,
    pub payload: Vec<u8>,
}

impl Received {
    pub fn values(&self) -> Vec<Value> {
        Decoder::new(&self.payload).read_to_end().expect("we write AMF0 that can be read")
    }

    pub fn command(&self) -> Option<Command> {
        let is_command = self.header.message_type == MessageType::COMMAND;
        is_command.then(|| Command::read(MessageType::COMMAND, &self.payload))
    }
}

/// The server's half of a connection with a [`ClientSession`] in virtual time.
pub struct Scripted {
    pub client: ClientSession,
    pub writer: ChunkWriter,
    /// What the test has written and not delivered.
    pub bytes: Vec<u8>,
    pub now: MediaTime,
    reader: ChunkReader,
    handshaken: bool,
    from_client: Vec<u8>,
    received: Vec<Received>,
}

impl Scripted {
    /// Joined to a client that has just connected, before the handshake.
    pub fn new() -> Self {
        Self::with(client())
    }

    pub fn with(client: ClientSession) -> Self {
        Self {
            client,
            writer: ChunkWriter::new(),
            bytes: Vec::new(),
            now: at(0),
            reader: ChunkReader::new(Limits::SERVER),
            handshaken: false,
            from_client: Vec::new(),
            received: Vec::new(),
        }
    }

    /// After the handshake.
    pub fn handshaken() -> Self {
        let mut peer = Self::new();
        peer.shake_hands();
        peer
    }

    /// After the handshake, with a client of the test's own.
    pub fn handshaken_with(client: ClientSession) -> Self {
        let mut peer = Self::with(client);
        peer.shake_hands();
        peer
    }

    /// Where `connect` was answered with success.
    pub fn connected() -> Self {
        let mut peer = Self::handshaken();
        peer.result(1.0, &[Value::Null, status("status", "NetConnection.Connect.Success", "ok")]);
        peer.deliver().unwrap();
        peer
    }

    /// Where `publish` was sent and not answered.
    pub fn publishing() -> Self {
        let mut peer = Self::connected();
        peer.result(4.0, &[Value::Null, 1.0.into()]);
        peer.deliver().unwrap();
        peer
    }

    /// Where the stream is live.
    pub fn live() -> Self {
        let mut peer = Self::publishing();
        peer.on_status("status", "NetStream.Publish.Start", "go");
        peer.deliver().unwrap();
        assert!(peer.events().contains(&Event::Live));
        peer.take_received();
        peer
    }

    pub fn shake_hands(&mut self) {
        self.bytes.push(3);
        self.bytes.extend([0; PACKET_SIZE * 2]);
        self.deliver().unwrap();
        assert!(self.handshaken);
    }

    /// Hands over what was written, all at once.
    pub fn deliver(&mut self) -> Result<(), Error> {
        let bytes = std::mem::take(&mut self.bytes);
        let result = self.client.read(self.now, &bytes);
        self.pump();
        result
    }

    /// Lets time pass and does what is due then.
    pub fn wait(&mut self, ms: i64) -> Result<(), Error> {
        self.now = at(self.now.as_millis() + ms);
        let result = self.client.on_deadline(self.now);
        self.pump();
        result
    }

    /// Takes what the client sent.
    pub fn pump(&mut self) {
        let bytes = take_output(&mut self.client, self.now);
        self.from_client.extend(bytes);
        if !self.handshaken && self.from_client.len() >= HANDSHAKE_SIZE {
            self.handshaken = true;
            self.from_client.drain(..HANDSHAKE_SIZE);
        }
        if self.handshaken {
            let bytes = std::mem::take(&mut self.from_client);
            let mut input = &bytes[..];
            while let Some(message) = self.reader.read(&mut input).expect("our chunks are lawful") {
                let payload = message.payload.to_vec();
                self.received.push(Received { header: message.header, payload });
            }
        }
    }

    /// What the client sent since the last time.
    pub fn take_received(&mut self) -> Vec<Received> {
        self.pump();
        std::mem::take(&mut self.received)
    }

    /// Names of the commands among it.
    pub fn take_commands(&mut self) -> Vec<String> {
        let all = self.take_received();
        all.iter().filter_map(Received::command).map(|command| command.name).collect()
    }

    pub fn events(&mut self) -> Vec<Event> {
        events(&mut self.client)
    }

    pub fn message(&mut self, chunk_stream_id: u32, message_type: MessageType, payload: &[u8]) {
        let header =
            MessageHeader { chunk_stream_id, timestamp: 0, message_type, message_stream_id: 0 };
        self.writer.write(&header, &[payload], &mut self.bytes).unwrap();
    }

    pub fn control(&mut self, control: ProtocolControl) {
        self.writer.write_control(&control, &mut self.bytes).unwrap();
    }

    pub fn user_control(&mut self, event: &UserControl) {
        self.writer.write_user_control(event, &mut self.bytes).unwrap();
    }

    /// A command as its values, the name first.
    pub fn values(&mut self, values: &[Value]) {
        let mut body = Vec::new();
        Encoder::new(&mut body).values(values);
        self.message(3, MessageType::COMMAND, &body);
    }

    pub fn result(&mut self, transaction_id: f64, values: &[Value]) {
        self.answer("_result", transaction_id, values);
    }

    pub fn answer(&mut self, name: &str, transaction_id: f64, values: &[Value]) {
        self.values(&[&[name.into(), transaction_id.into()], values].concat());
    }

    pub fn on_status(&mut self, level: &str, code: &str, description: &str) {
        let info = status(level, code, description);
        self.values(&["onStatus".into(), 0.0.into(), Value::Null, info]);
    }
}

pub fn status(level: &str, code: &str, description: &str) -> Value {
    let info = Properties::new().with("level", level).with("code", code);
    info.with("description", description).into()
}

/// Chunks made by hand, for forms that our own writer does not use.
pub mod raw {
    /// One message with a full header, cut into chunks of `size`. Where the
    /// timestamp needs the extended field, `repeated` says whether type 3 chunks
    /// carry it too.
    pub fn message(
        id: u32,
        timestamp: u32,
        message_type: u8,
        body: &[u8],
        size: usize,
        repeated: bool,
    ) -> Vec<u8> {
        let extended = timestamp >= 0xFF_FFFF;
        let mut out = basic_header(0, id);
        out.extend(&timestamp.min(0xFF_FFFF).to_be_bytes()[1..]);
        out.extend(&(body.len() as u32).to_be_bytes()[1..]);
        out.push(message_type);
        out.extend([0; 4]);
        for (i, piece) in body.chunks(size).enumerate() {
            if i > 0 {
                out.extend(basic_header(3, id));
            }
            if extended && (i == 0 || repeated) {
                out.extend(timestamp.to_be_bytes());
            }
            out.extend(piece);
        }
        out
    }

    fn basic_header(format: u8, id: u32) -> Vec<u8> {
        match id {
            2..=63 => vec![format << 6 | id as u8],
            64..=319 => vec![format << 6, (id - 64) as u8],
            _ => {
                let [low, high] = ((id - 64) as u16).to_le_bytes();
                vec![format << 6 | 1, low, high]
            }
        }
    }
}
