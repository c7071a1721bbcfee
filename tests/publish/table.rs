//! What a narrow link does to a stream, second by second, as the server sees it:
//! this program, the same with a fixed bitrate, and ffmpeg. Prints a table and
//! judges nothing; three minutes.

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tallylight::protocol::rtmp::server::MediaKind;

use crate::odd_server::{Heard, OddServer};
use crate::program::Program;
use crate::proxy::Proxy;

/// Seconds with all the link, at 1 Mbit/s, and with all of it again.
const PLAN: [(u32, u32); 3] = [(5, 0), (30, 1_000), (20, 0)];

/// A second of a stream, on the server's side.
#[derive(Clone, Copy, Default)]
struct Second {
    kbps: f64,
    pictures: usize,
    /// How much later than in the first second pictures come after their time.
    behind_ms: i64,
    /// Longest time without a picture that ended in it.
    freeze_ms: u32,
}

/// Reads off what has come since the last look.
#[derive(Default)]
struct Watch {
    seen: usize,
    bytes: u64,
    last_picture: Option<u32>,
    lead: Option<i64>,
}

impl Watch {
    fn look(&mut self, heard: &Heard, begun: Instant) -> Second {
        let new = &heard.media[self.seen..];
        self.seen = heard.media.len();
        let bytes: u64 = heard.media.iter().map(|(_, _, _, length)| *length as u64).sum();
        let mut second = Second { kbps: (bytes - self.bytes) as f64 * 0.008, ..Second::default() };
        self.bytes = bytes;
        for (kind, timestamp, first, _) in new {
            if *kind != MediaKind::Video || first[1] != 1 {
                continue;
            }
            second.pictures += 1;
            let gap = self.last_picture.map_or(0, |last| timestamp.saturating_sub(last));
            second.freeze_ms = second.freeze_ms.max(gap);
            self.last_picture = Some(*timestamp);
        }
        let now = begun.elapsed().as_millis() as i64;
        let late = now - i64::from(self.last_picture.unwrap_or(0));
        second.behind_ms = late - *self.lead.get_or_insert(late);
        second
    }
}

/// Runs the plan; a line a second.
fn run(mut start: impl FnMut(&str)) -> Vec<Second> {
    let server = OddServer::start();
    let proxy = Proxy::start(server.port);
    start(&proxy.url("k"));
    let begun = loop {
        if server.heard().first().is_some_and(|heard| !heard.pictures().is_empty()) {
            break Instant::now();
        }
        thread::sleep(Duration::from_millis(5));
    };
    let (mut seconds, mut watch) = (Vec::new(), Watch::default());
    for (length, kbps) in PLAN {
        proxy.throttle(kbps);
        for _ in 0..length {
            let due = begun + Duration::from_secs(seconds.len() as u64 + 1);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            seconds.push(watch.look(&server.heard()[0], begun));
        }
    }
    assert_eq!(server.heard().len(), 1, "no connection was lost");
    seconds
}

fn ours(more: &[&str]) -> Vec<Second> {
    let mut program = None;
    let seconds = run(|url| {
        let mut arguments = vec!["publish", "--json", "--size", "640x360"];
        arguments.extend(more);
        arguments.push(url);
        program = Some(Program::start(&arguments));
    });
    drop(program);
    seconds
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn ffmpeg() -> Vec<Second> {
    let mut child = None;
    let seconds = run(|url| {
        let started = Command::new("ffmpeg")
            .args(["-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=30"])
            .args(["-re", "-f", "lavfi", "-i", "sine=r=48000"])
            .args(["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency"])
            .args(["-pix_fmt", "yuv420p", "-b:v", "2500k", "-maxrate", "2500k"])
            .args(["-minrate", "2500k", "-bufsize", "2500k", "-g", "60"])
            .args(["-c:a", "aac", "-b:a", "128k", "-f", "flv", url])
            .stdin(Stdio::null())
            .spawn();
        child = Some(Killed(started.expect("ffmpeg is missing: install the package ffmpeg")));
    });
    drop(child);
    seconds
}

#[test]
#[ignore = "prints a table and judges nothing; three minutes"]
fn a_narrow_link_second_by_second() {
    let columns = [ours(&[]), ours(&["--no-adaptive"]), ffmpeg()];
    println!("         | ours, following          | ours, fixed              | ffmpeg");
    println!(
        "   s     | kbit/s  pics behind freeze | kbit/s  pics behind freeze | kbit/s  pics behind freeze"
    );
    for at in 0..columns[0].len() {
        let cells = columns.iter().map(|column| {
            let Second { kbps, pictures, behind_ms, freeze_ms } = column[at];
            format!("{kbps:>7.0} {pictures:>4} {behind_ms:>6} {freeze_ms:>6}")
        });
        println!("{:>4}     | {}", at + 1, cells.collect::<Vec<_>>().join(" | "));
    }
}
