//! A client of our server session that sends what the test tells it to.

use tallylight::media::MediaTime;
use tallylight::protocol::amf0::{Encoder, Properties, Value};
use tallylight::protocol::rtmp::chunk::{ChunkReader, ChunkWriter, Limits, MessageHeader};
use tallylight::protocol::rtmp::command::{Command, Status};
use tallylight::protocol::rtmp::error::Error;
use tallylight::protocol::rtmp::handshake::{HANDSHAKE_SIZE, PACKET_SIZE};
use tallylight::protocol::rtmp::message::{MessageType, ProtocolControl, UserControl};
use tallylight::protocol::rtmp::server::{ServerEvent, ServerSession};

use super::scripted::Received;
use super::{at, server, server_events, take_server_output};

pub struct Visitor {
    pub server: ServerSession,
    pub writer: ChunkWriter,
    /// What the test has written and not delivered.
    pub bytes: Vec<u8>,
    pub now: MediaTime,
    reader: ChunkReader,
    handshaken: bool,
    from_server: Vec<u8>,
    received: Vec<Received>,
}

impl Visitor {
    /// Just arrived, before the handshake.
    pub fn new() -> Self {
        Self::with(server())
    }

    pub fn with(server: ServerSession) -> Self {
        Self {
            server,
            writer: ChunkWriter::new(),
            bytes: Vec::new(),
            now: at(0),
            reader: ChunkReader::new(Limits::CLIENT),
            handshaken: false,
            from_server: Vec::new(),
            received: Vec::new(),
        }
    }

    pub fn handshaken() -> Self {
        let mut visitor = Self::new();
        visitor.shake_hands();
        visitor
    }

    /// Connected to the application "live".
    pub fn connected() -> Self {
        let mut visitor = Self::handshaken();
        let object = Properties::new().with("app", "live").with("tcUrl", "rtmp://h/live");
        visitor.call("connect", 1.0, &[object.into()]);
        visitor.deliver().unwrap();
        visitor.events();
        visitor.take_received();
        visitor
    }

    /// With the message stream 1.
    pub fn with_stream() -> Self {
        let mut visitor = Self::connected();
        visitor.call("createStream", 2.0, &[Value::Null]);
        visitor.deliver().unwrap();
        let answer = visitor.take_received()[0].command().unwrap();
        assert_eq!(answer.argument(0), Some(&Value::Number(1.0)));
        visitor
    }

    /// Allowed to publish under this name on stream 1.
    pub fn publishing(key: &str) -> Self {
        let mut visitor = Self::with_stream();
        visitor.stream_call(1, "publish", &[Value::Null, key.into(), "live".into()]);
        visitor.deliver().unwrap();
        visitor.events();
        visitor.server.accept_publish(1).unwrap();
        visitor.take_received();
        visitor
    }

    /// Allowed to play this name on stream 1.
    pub fn playing(key: &str) -> Self {
        let mut visitor = Self::with_stream();
        visitor.stream_call(1, "play", &[Value::Null, key.into(), (-2.0).into()]);
        visitor.deliver().unwrap();
        visitor.events();
        visitor.server.accept_play(1).unwrap();
        visitor.take_received();
        visitor
    }

    pub fn shake_hands(&mut self) {
        self.bytes.push(3);
        self.bytes.extend([0; PACKET_SIZE * 2]);
        self.deliver().unwrap();
        assert!(self.handshaken);
    }

    pub fn deliver(&mut self) -> Result<(), Error> {
        let bytes = std::mem::take(&mut self.bytes);
        let result = self.server.read(self.now, &bytes);
        self.pump();
        result
    }

    /// Lets time pass and does what is due then.
    pub fn wait(&mut self, ms: i64) -> Result<(), Error> {
        self.now = at(self.now.as_millis() + ms);
        let result = self.server.on_deadline(self.now);
        self.pump();
        result
    }

    pub fn pump(&mut self) {
        self.from_server.extend(take_server_output(&mut self.server));
        if !self.handshaken && self.from_server.len() >= HANDSHAKE_SIZE {
            self.handshaken = true;
            self.from_server.drain(..HANDSHAKE_SIZE);
        }
        if self.handshaken {
            let bytes = std::mem::take(&mut self.from_server);
            let mut input = &bytes[..];
            while let Some(message) = self.reader.read(&mut input).expect("our chunks are lawful") {
                let payload = message.payload.to_vec();
                self.received.push(Received { header: message.header, payload });
            }
        }
    }

    /// What the server sent since the last time.
    pub fn take_received(&mut self) -> Vec<Received> {
        self.pump();
        std::mem::take(&mut self.received)
    }

    /// Codes of the notices and answers among it.
    pub fn take_codes(&mut self) -> Vec<String> {
        let all = self.take_received();
        let commands = all.iter().filter_map(Received::command);
        commands.filter_map(|command: Command| command.status()).map(|s: Status| s.code).collect()
    }

    pub fn events(&mut self) -> Vec<ServerEvent> {
        server_events(&mut self.server)
    }

    pub fn message(&mut self, header: MessageHeader, payload: &[u8]) {
        self.writer.write(&header, &[payload], &mut self.bytes).unwrap();
    }

    /// Something published on stream 1.
    pub fn media(&mut self, message_type: MessageType, timestamp: u32, payload: &[u8]) {
        let chunk_stream_id = 4 + u32::from(message_type.0) % 8;
        self.message(
            MessageHeader { chunk_stream_id, timestamp, message_type, message_stream_id: 1 },
            payload,
        );
    }

    pub fn control(&mut self, control: ProtocolControl) {
        self.writer.write_control(&control, &mut self.bytes).unwrap();
    }

    pub fn user_control(&mut self, event: &UserControl) {
        self.writer.write_user_control(event, &mut self.bytes).unwrap();
    }

    /// A command about the connection.
    pub fn call(&mut self, name: &str, transaction_id: f64, values: &[Value]) {
        self.command(0, name, transaction_id, values);
    }

    /// A command about a stream.
    pub fn stream_call(&mut self, message_stream_id: u32, name: &str, values: &[Value]) {
        self.command(message_stream_id, name, 0.0, values);
    }

    fn command(&mut self, message_stream_id: u32, name: &str, id: f64, values: &[Value]) {
        let mut body = Vec::new();
        Encoder::new(&mut body).string(name).number(id).values(values);
        let message_type = MessageType::COMMAND;
        let header =
            MessageHeader { chunk_stream_id: 3, timestamp: 0, message_type, message_stream_id };
        self.message(header, &body);
    }
}
