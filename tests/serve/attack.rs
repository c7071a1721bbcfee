//! The program `tallylight serve` under attack: whoever publishes and plays goes on
//! without a gap, and memory stays within its limit.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::peer::{Listener, Script};
use super::sockets::picture;
use super::tools::wait_until;
use tallylight::protocol::rtmp::message::{MessageType, ProtocolControl};

/// What the whole program may take.
const MOST_KIB: u64 = 256 << 10;

const IDLE: usize = 900;
const DRIPPING: usize = 200;
const HALF_HANDSHAKES: usize = 200;
const HOARDERS: usize = 64;
const PLAYERS: usize = 10;

/// A picture each 40 ms.
const FRAME_MS: u32 = 40;

/// The program, killed at the end.
struct Program {
    child: Child,
    address: SocketAddr,
}

impl Program {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tallylight"))
            .args(["serve", "--listen", "127.0.0.1:0", "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program was built with the tests");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let first = lines.next().expect("it says where it listens").expect("it prints text");
        let first: serde_json::Value = serde_json::from_str(&first).expect("it prints JSON");
        let address = first["address"].as_str().expect("an address").parse().expect("an address");
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// The most memory that it ever had.
    fn peak_kib(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
        number.expect("Linux says it").parse().expect("a number")
    }

    fn connect(&self) -> TcpStream {
        let socket = TcpStream::connect(self.address).expect("the server listens");
        socket.set_nodelay(true).expect("TCP can do that");
        socket
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the threads of the test share.
#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    /// Pictures that were published.
    sent: AtomicU32,
}

/// Publishes a picture each 40 ms until told to stop.
fn publish(program: &Program, shared: &Arc<Shared>) -> JoinHandle<()> {
    let (mut socket, shared) = (program.connect(), Arc::clone(shared));
    let mut hear = socket.try_clone().expect("a socket can be shared");
    std::thread::spawn(move || _ = std::io::copy(&mut hear, &mut std::io::sink()));
    std::thread::spawn(move || {
        let mut script = Script::publisher("live", "good");
        while !shared.stop.load(Ordering::Relaxed) {
            let n = shared.sent.fetch_add(1, Ordering::Relaxed);
            script.video(
                n * FRAME_MS,
                &picture(n % 25 == 0, if n % 25 == 0 { 60_000 } else { 8_000 }),
            );
            socket.write_all(&script.take()).expect("the publisher is never cut off");
            std::thread::sleep(Duration::from_millis(FRAME_MS.into()));
        }
    })
}

/// Plays until it has seen all that was published up to the stop; gives the times.
fn play(program: &Program, shared: &Arc<Shared>) -> JoinHandle<Vec<u32>> {
    let (mut socket, shared) = (program.connect(), Arc::clone(shared));
    socket.write_all(&Script::player("live", "good").take()).expect("the server takes it");
    socket.set_read_timeout(Some(Duration::from_millis(100))).expect("it is not zero");
    std::thread::spawn(move || {
        let (mut listener, mut times) = (Listener::new(), Vec::new());
        let mut buffer = vec![0; 64 << 10];
        let is_over = |times: &Vec<u32>| {
            shared.stop.load(Ordering::Relaxed)
                && times.len() as u32 >= shared.sent.load(Ordering::Relaxed)
        };
        while !is_over(&times) {
            let count = match socket.read(&mut buffer) {
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                Err(error) => panic!("the player is cut off: {error}"),
            };
            assert!(count > 0, "the player is never sent away");
            let heard = listener.hear(&buffer[..count]);
            let video = heard.iter().filter(|r| r.header.message_type == MessageType::VIDEO);
            times.extend(video.map(|received| received.header.timestamp));
        }
        times
    })
}

/// Clients that do nothing, and those that begin a handshake and go no further.
fn idlers(program: &Program) -> Vec<TcpStream> {
    let half = [3; 800];
    (0..IDLE + HALF_HANDSHAKES)
        .map(|n| {
            let mut socket = program.connect();
            if n >= IDLE {
                // It may have had to make room already.
                let _ = socket.write_all(&half);
            }
            socket
        })
        .collect()
}

/// Clients that send a byte of their handshake a second.
fn drip(program: &Program, shared: &Arc<Shared>) -> JoinHandle<()> {
    let mut sockets: Vec<_> = (0..DRIPPING).map(|_| program.connect()).collect();
    let shared = Arc::clone(shared);
    std::thread::spawn(move || {
        while !shared.stop.load(Ordering::Relaxed) {
            sockets.retain_mut(|socket| socket.write_all(&[3]).is_ok());
            std::thread::sleep(Duration::from_secs(1));
        }
    })
}

/// Publishes and sends two messages of 8 MiB each but for their ends; then holds on.
fn hoard(program: &Program, number: usize) -> TcpStream {
    let mut socket = program.connect();
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("it is not zero");
    let mut script = Script::publisher("hoard", &number.to_string());
    script.control(ProtocolControl::SetChunkSize(64 << 10));
    if socket.write_all(&script.take()).is_err() || !is_let_in(&mut socket) {
        return socket;
    }
    let body = vec![0x5A; 8 << 20];
    for chunk_stream in [6, 7] {
        script.message(chunk_stream, MessageType::VIDEO, 1, 0, &body);
        let bytes = script.take();
        if socket.write_all(&bytes[..bytes.len() - 1000]).is_err() {
            break;
        }
    }
    socket
}

/// Reads up to the permission to publish; false where the server closed.
fn is_let_in(socket: &mut TcpStream) -> bool {
    let mut listener = Listener::new();
    let mut buffer = [0; 4096];
    loop {
        match socket.read(&mut buffer) {
            Ok(0) => return false,
            Ok(count) => {
                let heard = listener.hear(&buffer[..count]);
                if heard.iter().any(|r| r.what() == "onStatus NetStream.Publish.Start") {
                    return true;
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
}

/// This test alone has more sockets than a process may have by default.
fn allow_many_sockets() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls take a pointer to a limit that lives longer than they do.
    unsafe {
        libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit);
        limit.rlim_cur = limit.rlim_max.min(10_000);
        libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
    }
    assert!(limit.rlim_cur >= 2_000, "this test needs 2000 sockets: ulimit -Hn");
}

#[test]
fn the_good_go_on_without_a_gap_while_others_attack() {
    allow_many_sockets();
    let program = Program::start();
    let shared = Arc::new(Shared::default());
    let players: Vec<_> = (0..PLAYERS).map(|_| play(&program, &shared)).collect();
    let publisher = publish(&program, &shared);
    let sent =
        |count| wait_until("pictures are sent", || shared.sent.load(Ordering::Relaxed) > count);
    sent(10);
    let idle = idlers(&program);
    let drip = drip(&program, &shared);
    let hoards: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..4)
            .map(|part| {
                let program = &program;
                scope.spawn(move || {
                    (part..HOARDERS).step_by(4).map(|n| hoard(program, n)).collect::<Vec<_>>()
                })
            })
            .collect();
        all.into_iter().flat_map(|part| part.join().expect("hoarders do not panic")).collect()
    });
    sent(shared.sent.load(Ordering::Relaxed) + 25);
    // One who comes in the middle of it is let in and sees the stream.
    let mut late = program.connect();
    late.write_all(&Script::player("live", "good").take()).expect("the server takes it");
    let (mut listener, mut buffer) = (Listener::new(), vec![0; 64 << 10]);
    wait_until("the newcomer sees a picture", || {
        let count = late.read(&mut buffer).expect("it is let in");
        assert!(count > 0, "it is not sent away");
        let heard = listener.hear(&buffer[..count]);
        heard.iter().any(|received| received.header.message_type == MessageType::VIDEO)
    });
    shared.stop.store(true, Ordering::Relaxed);
    publisher.join().expect("the publisher goes on");
    let all: Vec<u32> = (0..shared.sent.load(Ordering::Relaxed)).map(|n| n * FRAME_MS).collect();
    for player in players {
        assert!(player.join().expect("the player goes on") == all, "each picture, in order");
    }
    drip.join().expect("dripping does not panic");
    let peak = program.peak_kib();
    println!("peak {} MiB after {} pictures", peak >> 10, all.len());
    assert!(peak <= MOST_KIB, "{peak} KiB");
    drop((idle, hoards));
}
