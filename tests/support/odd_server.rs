//! A server over a real socket that says what the test wants it to say, at the
//! moment that the test chooses. What it hears is kept.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use tallylight::media::MediaTime;
use tallylight::protocol::rtmp::server::{MediaKind, ServerEvent, ServerOptions, ServerSession};

/// What was heard on one connection.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// The name that was published.
    pub key: String,
    /// Each media message: kind, timestamp in ms, first two bytes, length.
    pub media: Vec<(MediaKind, u32, [u8; 2], usize)>,
    /// The publisher took the stream back.
    pub unpublished: bool,
    /// The connection has ended.
    pub ended: bool,
    /// The connection ended by a reset.
    pub reset: bool,
    /// When the last media message came.
    pub last: Option<Instant>,
}

impl Heard {
    /// Video messages with pictures: keyframe or not, and timestamp.
    pub fn pictures(&self) -> Vec<(bool, u32)> {
        let pictures = self
            .media
            .iter()
            .filter(|(kind, _, first, _)| *kind == MediaKind::Video && first[1] == 1);
        pictures.map(|(_, timestamp, first, _)| (first[0] == 0x17, *timestamp)).collect()
    }
}

/// The running server.
pub struct OddServer {
    /// Where it listens.
    pub port: u16,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    heard: Vec<Heard>,
    /// Bytes to be said to whoever is connected.
    say: Vec<u8>,
    /// Bytes to be said right after the permission to publish, once.
    say_first: Vec<u8>,
    /// It reads nothing while this is set.
    deaf: bool,
}

impl OddServer {
    /// Lets everybody publish, one after another or side by side.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
        let port = listener.local_addr().expect("it has an address").port();
        let shared = Arc::new(Mutex::new(Shared::default()));
        let for_all = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&for_all);
                thread::spawn(move || converse(stream, &shared));
            }
        });
        Self { port, shared }
    }

    /// The address to publish `key` to.
    pub fn url(&self, key: &str) -> String {
        format!("rtmp://127.0.0.1:{}/live/{key}", self.port)
    }

    /// Says these bytes now, in the place of a chunk.
    pub fn say(&self, bytes: &[u8]) {
        lock(&self.shared).say.extend_from_slice(bytes);
    }

    /// Says these bytes right after it lets the next one publish.
    pub fn say_first(&self, bytes: &[u8]) {
        lock(&self.shared).say_first.extend_from_slice(bytes);
    }

    /// Reads nothing from now on, or goes on reading.
    pub fn set_deaf(&self, deaf: bool) {
        lock(&self.shared).deaf = deaf;
    }

    /// What was heard on each connection, in the order of their starts.
    pub fn heard(&self) -> Vec<Heard> {
        lock(&self.shared).heard.clone()
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().expect("nobody panics with it")
}

fn converse(mut stream: TcpStream, shared: &Mutex<Shared>) {
    let index = {
        let mut shared = lock(shared);
        shared.heard.push(Heard::default());
        shared.heard.len() - 1
    };
    let reset = talk(&mut stream, shared, index).is_err();
    let heard = &mut lock(shared).heard[index];
    heard.ended = true;
    heard.reset = reset;
}

fn talk(stream: &mut TcpStream, shared: &Mutex<Shared>, index: usize) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_millis(5)))?;
    let begun = Instant::now();
    let now = || MediaTime::ZERO + begun.elapsed();
    let mut session = ServerSession::new(ServerOptions::default(), &[7; 1528], now());
    let mut buffer = [0; 64 << 10];
    loop {
        if lock(shared).deaf {
            thread::sleep(Duration::from_millis(5));
        } else {
            match stream.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => read_all(&mut session, now(), &buffer[..count])?,
                Err(error) if is_timeout(&error) => {}
                Err(error) => return Err(error),
            }
        }
        while let Some(event) = session.poll_event() {
            note(&mut session, event, &mut lock(shared).heard[index])?;
        }
        while !session.output().is_empty() {
            let piece = session.output().to_vec();
            stream.write_all(&piece)?;
            session.consume(piece.len());
        }
        if !lock(shared).heard[index].key.is_empty() {
            let first = std::mem::take(&mut lock(shared).say_first);
            stream.write_all(&first)?;
        }
        let live = !lock(shared).heard[index].media.is_empty();
        if live && !lock(shared).heard[index].ended {
            let say = std::mem::take(&mut lock(shared).say);
            stream.write_all(&say)?;
        }
    }
}

fn read_all(session: &mut ServerSession, now: MediaTime, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        let taken = session.read(now, bytes).map_err(std::io::Error::other)?;
        bytes = &bytes[taken..];
        if taken == 0 {
            return Err(std::io::Error::other("the session takes nothing more"));
        }
    }
    Ok(())
}

fn note(session: &mut ServerSession, event: ServerEvent, heard: &mut Heard) -> std::io::Result<()> {
    match event {
        ServerEvent::PublishRequested { stream_id, key, .. } => {
            key.expose().clone_into(&mut heard.key);
            session.accept_publish(stream_id).map_err(std::io::Error::other)?;
        }
        ServerEvent::Media { kind, timestamp, payload, .. } => {
            let first = [payload[0], payload.get(1).copied().unwrap_or_default()];
            heard.media.push((kind, timestamp, first, payload.len()));
            heard.last = Some(Instant::now());
        }
        ServerEvent::PublishEnded { .. } => heard.unpublished = true,
        _ => {}
    }
    Ok(())
}

fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
