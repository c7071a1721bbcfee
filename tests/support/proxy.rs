//! A real TCP proxy between the program and a server: it throttles, stalls and
//! cuts, as links do.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A running proxy.
pub struct Proxy {
    /// Where it listens.
    pub port: u16,
    link: Arc<Link>,
}

struct Link {
    /// What it carries towards the server, in kbit/s; 0: all there is.
    kbps: AtomicU32,
    /// Nothing passes either way.
    stalled: AtomicBool,
    /// Connections of an older epoch are to be broken.
    epoch: AtomicU64,
}

/// Bytes that pass at a time.
const PIECE: usize = 4 << 10;

/// Bytes that a throttled link holds on its way, as a home router does.
const BUFFER: usize = 64 << 10;

impl Proxy {
    /// Passes everything on to a local port.
    pub fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
        let port = listener.local_addr().expect("it has an address").port();
        let link = Arc::new(Link {
            kbps: AtomicU32::new(0),
            stalled: AtomicBool::new(false),
            epoch: AtomicU64::new(0),
        });
        let shared = Arc::clone(&link);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", to)) else { continue };
                join(&client, &server, &shared);
            }
        });
        Self { port, link }
    }

    /// The address to publish `key` to through it.
    pub fn url(&self, key: &str) -> String {
        format!("rtmp://127.0.0.1:{}/live/{key}", self.port)
    }

    /// Carries so much towards the server from now on; 0: all there is.
    pub fn throttle(&self, kbps: u32) {
        self.link.kbps.store(kbps, Ordering::Relaxed);
    }

    /// Lets nothing pass from now on, or everything again.
    pub fn stall(&self, stalled: bool) {
        self.link.stalled.store(stalled, Ordering::Relaxed);
    }

    /// Breaks all connections there are.
    pub fn cut(&self) {
        self.link.epoch.fetch_add(1, Ordering::Relaxed);
    }
}

fn join(client: &TcpStream, server: &TcpStream, link: &Arc<Link>) {
    // A small receive buffer: what the link can't carry backs up to the sender.
    let small = socket2::SockRef::from(client);
    small.set_recv_buffer_size(BUFFER).expect("a socket's buffer can be set");
    let epoch = link.epoch.load(Ordering::Relaxed);
    for (from, to, throttled) in [(client, server, true), (server, client, false)] {
        let (from, to) = (clone(from), clone(to));
        let link = Arc::clone(link);
        thread::spawn(move || pass(from, to, &link, epoch, throttled));
    }
}

fn clone(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a socket can be shared")
}

fn pass(mut from: TcpStream, mut to: TcpStream, link: &Link, epoch: u64, throttled: bool) {
    from.set_read_timeout(Some(Duration::from_millis(20))).expect("a timeout can be set");
    let mut buffer = [0; PIECE];
    let mut free_at = Instant::now();
    while link.epoch.load(Ordering::Relaxed) == epoch {
        if link.stalled.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(5));
            continue;
        }
        match from.read(&mut buffer) {
            Ok(0) => {
                let _ = to.shutdown(Shutdown::Write);
                return;
            }
            Ok(count) => {
                let kbps = link.kbps.load(Ordering::Relaxed);
                if throttled && kbps > 0 {
                    free_at = free_at.max(Instant::now())
                        + Duration::from_secs_f64(count as f64 * 0.008 / f64::from(kbps));
                    thread::sleep(free_at.saturating_duration_since(Instant::now()));
                }
                if to.write_all(&buffer[..count]).is_err() {
                    break;
                }
            }
            Err(error) if is_timeout(&error) => {}
            Err(_) => break,
        }
    }
    // Both sides notice: this is a broken link, not a goodbye.
    for stream in [&from, &to] {
        let _ = socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
        let _ = stream.shutdown(Shutdown::Both);
    }
}

fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
}
