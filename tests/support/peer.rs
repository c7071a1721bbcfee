//! A client of the server, written out by hand: what it sends is up to the test,
//! and what it gets is read with the crate's own chunk reader.

use tallylight::media::MediaTime;
use tallylight::protocol::amf0::{Decoder, Encoder, Properties, Value};
use tallylight::protocol::rtmp::Error;
use tallylight::protocol::rtmp::chunk::{ChunkReader, ChunkWriter, Limits, MessageHeader};
use tallylight::protocol::rtmp::handshake::{HANDSHAKE_SIZE, PACKET_SIZE, RANDOM_SIZE};
use tallylight::protocol::rtmp::message::{MessageType, ProtocolControl, UserControl};
use tallylight::protocol::rtmp::server::{ServerEvent, ServerOptions, ServerSession};

/// A message as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub header: MessageHeader,
    pub payload: Vec<u8>,
}

impl Received {
    /// The values of a command or data message.
    pub fn values(&self) -> Vec<Value> {
        Decoder::new(&self.payload).read_to_end().expect("the server writes AMF0 that can be read")
    }

    /// What it is, shortly: the name of a command with its status code, the event
    /// of a user control message, else the type.
    pub fn what(&self) -> String {
        match self.header.message_type {
            MessageType::COMMAND | MessageType::DATA => {
                let values = self.values();
                let name = values[0].as_str().expect("a name comes first").to_owned();
                let code = values.iter().find_map(|value| value.get("code")?.as_str());
                code.map_or(name.clone(), |code| format!("{name} {code}"))
            }
            MessageType::USER_CONTROL => {
                let event = UserControl::parse(&self.payload).expect("the server's are whole");
                let text = format!("{event:?}");
                text.split(' ').next().unwrap_or_default().to_owned()
            }
            other => format!("type {}", other.0),
        }
    }
}

/// Bytes of a client, in the order they are written.
pub struct Script {
    pub bytes: Vec<u8>,
    pub writer: ChunkWriter,
}

impl Script {
    /// Nothing yet.
    pub fn new() -> Self {
        Self { bytes: Vec::new(), writer: ChunkWriter::new() }
    }

    /// The simple handshake, all of it at once: no server looks at C2.
    pub fn hello() -> Self {
        let mut script = Self::new();
        script.bytes.push(3);
        script.bytes.resize(1 + 2 * PACKET_SIZE, 0);
        script
    }

    /// After `connect` to an application.
    pub fn connected(app: &str) -> Self {
        let mut script = Self::hello();
        let url = format!("rtmp://media.example/{app}");
        script.connect(&Properties::new().with("app", app).with("tcUrl", url.as_str()));
        script
    }

    /// As most encoders do it, up to `publish`.
    pub fn publisher(app: &str, key: &str) -> Self {
        let mut script = Self::connected(app);
        script.command(0, "releaseStream", 2.0, &[Value::Null, key.into()]);
        script.command(0, "FCPublish", 3.0, &[Value::Null, key.into()]);
        script.command(0, "createStream", 4.0, &[Value::Null]);
        script.command(1, "publish", 5.0, &[Value::Null, key.into(), "live".into()]);
        script
    }

    /// As most players do it, up to `play`.
    pub fn player(app: &str, key: &str) -> Self {
        let mut script = Self::connected(app);
        script.control(ProtocolControl::WindowAcknowledgementSize(2_500_000));
        script.command(0, "createStream", 2.0, &[Value::Null]);
        script.command(1, "play", 0.0, &[Value::Null, key.into(), (-2.0).into()]);
        script
    }

    pub fn connect(&mut self, object: &Properties) {
        self.command(0, "connect", 1.0, &[object.clone().into()]);
    }

    pub fn command(&mut self, stream_id: u32, name: &str, transaction: f64, values: &[Value]) {
        let mut body = Vec::new();
        Encoder::new(&mut body).string(name).number(transaction).values(values);
        self.message(3, MessageType::COMMAND, stream_id, 0, &body);
    }

    pub fn control(&mut self, control: ProtocolControl) {
        self.writer.write_control(&control, &mut self.bytes).expect("the test's sizes are lawful");
    }

    pub fn user_control(&mut self, event: &UserControl) {
        self.writer.write_user_control(event, &mut self.bytes).expect("it is short");
    }

    pub fn audio(&mut self, timestamp: u32, body: &[u8]) {
        self.message(4, MessageType::AUDIO, 1, timestamp, body);
    }

    pub fn video(&mut self, timestamp: u32, body: &[u8]) {
        self.message(6, MessageType::VIDEO, 1, timestamp, body);
    }

    pub fn message(
        &mut self,
        chunk_stream_id: u32,
        message_type: MessageType,
        message_stream_id: u32,
        timestamp: u32,
        body: &[u8],
    ) {
        let header = MessageHeader { chunk_stream_id, timestamp, message_type, message_stream_id };
        self.writer.write(&header, &[body], &mut self.bytes).expect("the test's sizes are lawful");
    }

    /// Bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

/// Reads what a server sends, from its first byte on.
pub struct Listener {
    /// Bytes of the handshake that are still to come.
    handshake: usize,
    reader: ChunkReader,
}

impl Listener {
    pub fn new() -> Self {
        Self { handshake: HANDSHAKE_SIZE, reader: ChunkReader::new(Limits::SERVER) }
    }

    /// The messages that end within these bytes.
    pub fn hear(&mut self, mut bytes: &[u8]) -> Vec<Received> {
        let skipped = bytes.len().min(self.handshake);
        self.handshake -= skipped;
        bytes = &bytes[skipped..];
        let mut messages = Vec::new();
        while let Some(message) =
            self.reader.read(&mut bytes).expect("the server's chunks are lawful")
        {
            messages.push(Received { header: message.header, payload: message.payload.to_vec() });
        }
        messages
    }
}

pub fn at(ms: i64) -> MediaTime {
    MediaTime::from_millis(ms)
}

/// A server session that lets everyone publish and play.
pub struct Host {
    pub session: ServerSession,
    pub now: MediaTime,
    pub events: Vec<ServerEvent>,
    listener: Listener,
}

impl Host {
    pub fn new() -> Self {
        Self::with(ServerOptions::default())
    }

    pub fn with(options: ServerOptions) -> Self {
        let session = ServerSession::new(options, &[0x5A; RANDOM_SIZE], at(0));
        Self { session, now: at(0), events: Vec::new(), listener: Listener::new() }
    }

    /// Hands bytes over in one piece and gives what the server answers.
    pub fn read(&mut self, bytes: &[u8]) -> Result<Vec<Received>, Error> {
        let mut result = Ok(0);
        let mut rest = bytes;
        while let (false, Ok(taken)) = (rest.is_empty(), &result) {
            rest = &rest[*taken..];
            result = self.session.read(self.now, rest);
            self.take_events();
        }
        let answers = self.answers();
        result.map(|_| answers)
    }

    /// Takes events and grants what is asked for.
    pub fn take_events(&mut self) {
        while let Some(event) = self.session.poll_event() {
            self.grant(&event);
            self.events.push(event);
        }
    }

    /// What the server has to say now.
    pub fn answers(&mut self) -> Vec<Received> {
        let output = self.take_output();
        self.listener.hear(&output)
    }

    /// The same as bytes.
    pub fn take_output(&mut self) -> Vec<u8> {
        let mut output = Vec::new();
        while !self.session.output().is_empty() {
            let piece = self.session.output().to_vec();
            self.session.consume(piece.len());
            output.extend(piece);
        }
        output
    }

    fn grant(&mut self, event: &ServerEvent) {
        let granted = match event {
            ServerEvent::PublishRequested { stream_id, .. } => {
                self.session.accept_publish(*stream_id)
            }
            ServerEvent::PlayRequested { stream_id, .. } => self.session.accept_play(*stream_id),
            _ => Ok(()),
        };
        granted.expect("nothing is wrong yet");
    }

    /// The media that came, as kind, time and length.
    pub fn media(&self) -> Vec<String> {
        let media = self.events.iter().filter_map(|event| match event {
            ServerEvent::Media { kind, timestamp, payload, .. } => {
                Some(format!("{kind:?} {timestamp} {}", payload.len()))
            }
            _ => None,
        });
        media.collect()
    }
}

/// What the answers are, shortly.
pub fn what(answers: &[Received]) -> Vec<String> {
    answers.iter().map(Received::what).collect()
}
