//! The built-in server with ffmpeg: publishes to it and plays from it.

#[path = "support/tools.rs"]
#[allow(dead_code)]
mod tools;

use tallylight::serve::{Config, Server};
use tools::{Folder, Tool, text, wait_until};

/// A server on a free port of this machine.
fn server() -> Server {
    let listen = "127.0.0.1:0".parse().expect("an address");
    Server::start(Config { listen, ..Config::default() }).expect("a free port")
}

fn url(server: &Server, path: &str) -> String {
    format!("rtmp://{}/{path}", server.local_addr())
}

/// A test picture and a tone, H.264 and AAC, in real time.
fn publisher(url: &str, seconds: u32) -> Tool {
    let picture = "testsrc=size=320x240:rate=25";
    let line = format!(
        "-v error -re -f lavfi -i {picture} -re -f lavfi -i sine=frequency=440:sample_rate=48000 \
         -t {seconds} -c:v libx264 -preset ultrafast -tune zerolatency -g 25 -pix_fmt yuv420p \
         -c:a aac -f flv {url}"
    );
    Tool::start("ffmpeg", line.split_whitespace())
}

#[test]
fn a_player_that_comes_later_starts_on_a_keyframe() {
    let server = server();
    let folder = Folder::new("ffmpeg-late");
    let mut publisher = publisher(&url(&server, "live/key"), 30);
    wait_until("the stream runs", || server.status().bytes_in > 100_000);
    let file = folder.file("played.flv");
    let line =
        format!("-v error -t 3 -i {} -c copy -f flv {}", url(&server, "live/key"), text(&file));
    let player = Tool::start("ffmpeg", line.split_whitespace());
    player.succeed();
    publisher.kill();
    let frames = Tool::start(
        "ffprobe",
        [
            "-v",
            "error",
            "-show_entries",
            "packet=codec_type,pts_time,flags",
            "-of",
            "csv",
            text(&file),
        ],
    )
    .succeed();
    let listing = String::from_utf8(frames.stdout).expect("ffprobe prints text");
    let first = listing.lines().find(|line| line.contains("video")).expect("there are pictures");
    assert!(first.contains("K"), "{first}");

    server.stop();
}
