//! A chunk writer that writes everything the standard and real senders allow: all
//! header types wherever they may stand, mixed messages, changing chunk sizes,
//! aborts, all forms of chunk stream ids, extended timestamps repeated or not.
//!
//! It shares no code with the library, and says what a reader must make of it.

use std::collections::BTreeMap;

use tallylight::protocol::rtmp::chunk::MessageHeader;
use tallylight::protocol::rtmp::message::MessageType;

use super::exchange::Owned;
use super::random::Random;

/// Bytes of a connection, and the messages in them.
pub struct Script {
    pub bytes: Vec<u8>,
    pub messages: Vec<Owned>,
}

/// What a chunk stream remembers on the writing side.
#[derive(Clone, Default)]
struct Line {
    timestamp: u32,
    delta: u32,
    length: usize,
    message_type: u8,
    stream: u32,
    extended: Option<u32>,
    /// The payload under way and how much of it is written.
    open: Option<(Vec<u8>, usize)>,
}

struct Scribe<'r> {
    random: &'r mut Random,
    script: Script,
    lines: BTreeMap<u32, Line>,
    chunk_size: usize,
    /// Whether this sender leaves the extended timestamp out of type 3 chunks.
    omits_extended: bool,
}

/// Writes about `steps` chunks.
pub fn script(random: &mut Random, steps: usize) -> Script {
    let omits_extended = random.one_in(2);
    let script = Script { bytes: Vec::new(), messages: Vec::new() };
    let mut scribe =
        Scribe { random, script, lines: BTreeMap::new(), chunk_size: 128, omits_extended };
    for _ in 0..steps {
        scribe.step();
    }
    scribe.close();
    scribe.script
}

const IDS: [u32; 8] = [3, 4, 5, 63, 64, 319, 320, 65_599];

impl Scribe<'_> {
    fn step(&mut self) {
        match self.random.below(40) {
            0 => self.change_chunk_size(),
            1 => self.abort(),
            _ => {
                let id = *self.random.pick(&IDS);
                match self.lines.get(&id) {
                    Some(line) if line.open.is_some() => self.go_on(id),
                    _ => self.start(id),
                }
            }
        }
    }

    /// Ends all messages under way.
    fn close(&mut self) {
        for id in IDS {
            while self.lines.get(&id).is_some_and(|line| line.open.is_some()) {
                self.go_on(id);
            }
        }
    }

    /// Starts a message with any header type that the history allows.
    fn start(&mut self, id: u32) {
        let fresh = !self.lines.contains_key(&id);
        let format = if fresh { self.random.below(2) } else { self.random.below(4) };
        let mut line = self.lines.get(&id).cloned().unwrap_or_default();
        if format < 3 {
            line.delta = self.time();
            line.extended = (line.delta >= 0xFF_FFFF).then_some(line.delta);
        }
        let base = if format == 0 { 0 } else { line.timestamp };
        line.timestamp = base.wrapping_add(line.delta);
        if format < 2 {
            line.length = self.length();
            line.message_type = *self.random.pick(&[8, 9, 15, 18, 20, 77]);
        }
        if format == 0 {
            line.stream = *self.random.pick(&[0, 1, 0x0403_0201, u32::MAX]);
        }
        line.open = Some((self.payload(line.length), 0));
        self.write_header(id, format, &line);
        self.lines.insert(id, line);
        self.write_chunk(id);
    }

    /// The next chunk of a message, mostly of type 3; types 1 and 2 are tolerated
    /// while they say the same.
    fn go_on(&mut self, id: u32) {
        let mut line = self.lines[&id].clone();
        let mut format = 3;
        if self.random.one_in(20) {
            format = 1 + self.random.below(2);
            let said = self.time();
            line.extended = (said >= 0xFF_FFFF).then_some(said);
            let shown = Line { delta: said, ..line.clone() };
            self.write_header(id, format, &shown);
        } else {
            self.write_header(id, format, &line);
        }
        self.lines.insert(id, line);
        self.write_chunk(id);
    }

    fn write_header(&mut self, id: u32, format: usize, line: &Line) {
        let out = &mut self.script.bytes;
        let bits = (format as u8) << 6;
        match id {
            2..=63 => out.push(bits | id as u8),
            // Both longer forms can say these.
            64..=319 if self.random.one_in(2) => out.extend([bits, (id - 64) as u8]),
            _ => out.extend([bits | 1, ((id - 64) % 256) as u8, ((id - 64) / 256) as u8]),
        }
        if format < 3 {
            let field = line.delta.min(0xFF_FFFF);
            out.extend(&field.to_be_bytes()[1..]);
        }
        if format < 2 {
            out.extend(&(line.length as u32).to_be_bytes()[1..]);
            out.push(line.message_type);
        }
        if format == 0 {
            out.extend(line.stream.to_le_bytes());
        }
        // Without payload to tell it from, an omitted timestamp would leave the
        // reader waiting for the next byte.
        let omit = format == 3 && self.omits_extended && line.length > 0;
        if let Some(extended) = line.extended.filter(|_| !omit) {
            out.extend(extended.to_be_bytes());
        }
    }

    fn write_chunk(&mut self, id: u32) {
        let line = self.lines.get_mut(&id).expect("just inserted");
        let (payload, written) = line.open.as_mut().expect("a message is under way");
        let end = payload.len().min(*written + self.chunk_size);
        self.script.bytes.extend(&payload[*written..end]);
        *written = end;
        if end == payload.len() {
            let header = MessageHeader {
                chunk_stream_id: id,
                timestamp: line.timestamp,
                message_type: MessageType(line.message_type),
                message_stream_id: line.stream,
            };
            let (payload, _) = line.open.take().expect("a message is under way");
            self.script.messages.push(Owned { header, payload });
        }
    }

    fn change_chunk_size(&mut self) {
        let size = *self.random.pick(&[1, 2, 5, 127, 128, 129, 1000, 4096, 0x7FFF_FFFF]);
        self.control(1, size);
        self.chunk_size = size as usize;
    }

    fn abort(&mut self) {
        let id = *self.random.pick(&IDS);
        self.control(2, id);
        if let Some(line) = self.lines.get_mut(&id) {
            line.open = None;
        }
    }

    /// A whole control message, in as many chunks as it takes.
    fn control(&mut self, message_type: u8, number: u32) {
        let payload = number.to_be_bytes().to_vec();
        let mut line = Line { length: 4, message_type, ..Line::default() };
        line.open = Some((payload, 0));
        self.write_header(2, 0, &line);
        self.lines.insert(2, line);
        self.write_chunk(2);
        while self.lines[&2].open.is_some() {
            self.script.bytes.push(0xC2);
            self.write_chunk(2);
        }
    }

    /// Times around all the edges. None starts with a byte that payload has.
    fn time(&mut self) -> u32 {
        const EDGES: [u32; 8] =
            [0, 1, 0xFF_FFFE, 0xFF_FFFF, 0x100_0000, 0x7FFF_FFFF, 0x8000_0000, u32::MAX];
        if self.random.one_in(4) { *self.random.pick(&EDGES) } else { self.random.below(50) as u32 }
    }

    fn length(&mut self) -> usize {
        let edges = [0, 1, 2, 3, 4, 5, 127, 128, 129, 256, 257];
        if self.random.one_in(3) { self.random.below(5000) } else { *self.random.pick(&edges) }
    }

    /// Bytes from 0xA0 to 0xAF: no time above starts with one of them.
    fn payload(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| 0xA0 | self.random.below(16) as u8).collect()
    }
}
