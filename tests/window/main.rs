//! The window, driven as a person would: a display without a screen, a pointer,
//! keys, a clipboard, and a player that we did not write.

#[path = "../support/program.rs"]
mod program;
#[path = "../support/screen.rs"]
mod screen;

#[path = "../support/witness.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod witness;

#[path = "../ui_support/mod.rs"]
mod ui_support;

mod ending;
mod go_live;
mod marker_key;
mod places;

use std::process::Command;
use std::time::Instant;

use program::{Program, eventually};
use screen::PATIENCE;

/// A server of its own process that says who publishes.
struct Server {
    program: Program,
    address: String,
}

impl Server {
    fn start() -> Self {
        let arguments = ["serve", "--json", "-v", "--listen", "127.0.0.1:0"];
        let mut program = Program::start(&arguments);
        let line = program.line().expect("it says where it listens");
        let address = line["address"].as_str().expect("an address").to_owned();
        Self { program, address }
    }

    fn url(&self) -> String {
        format!("rtmp://{}/live", self.address)
    }

    /// Waits until so many publish.
    fn wait_for_publishers(&mut self, number: u64) {
        // It says so each second, and what it said before may still be unread.
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let line = self.program.line().expect("it runs");
            if line["publishers"] == number {
                return;
            }
        }
        panic!("never {number} publishing");
    }

    /// Ends it; what it has logged.
    fn end(self) -> String {
        self.program.interrupt();
        self.program.wait().stderr
    }
}

/// Whether a player gets picture and sound from the address.
fn plays(url: &str) -> bool {
    let arguments =
        ["-v", "error", "-rw_timeout", "3000000", "-show_entries", "stream=codec_name", url];
    let output = Command::new("ffprobe").args(arguments).output();
    let output = output.expect("install the package ffmpeg");
    let text = String::from_utf8_lossy(&output.stdout);
    text.contains("h264") && text.contains("aac")
}

fn eventually_plays(url: &str) {
    eventually("a player plays it", PATIENCE, || plays(url).then_some(()));
}
