//! What independent programs find in a file or a stream: ffprobe's figures,
//! ffmpeg's decoding, the test signal's flashes and beeps.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// Runs a program of the package ffmpeg.
fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|e| panic!("{program} is missing: install the package ffmpeg ({e})"))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("test paths are plain text")
}

/// Streams and packets as ffprobe sees them.
pub fn probe(path: &Path) -> Value {
    let arguments = ["-v", "error", "-show_streams", "-show_packets", "-of", "json", text(path)];
    let output = run("ffprobe", &arguments);
    assert!(output.stderr.is_empty(), "ffprobe: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("ffprobe prints JSON")
}

/// The stream of this kind in what [`probe`] found.
pub fn stream<'a>(probed: &'a Value, kind: &str) -> &'a Value {
    let streams = probed["streams"].as_array().expect("ffprobe lists streams");
    streams.iter().find(|s| s["codec_type"] == kind).unwrap_or_else(|| panic!("no {kind} stream"))
}

/// Decoding times in ms and sizes in bytes of the packets of this kind, and
/// whether each is a keyframe.
pub fn packets(probed: &Value, kind: &str) -> Vec<(i64, u64, bool)> {
    let number = |v: &Value| v.as_str().and_then(|s| s.parse::<u64>().ok()).unwrap_or(0);
    let all = probed["packets"].as_array().expect("ffprobe lists packets");
    let of_kind = all.iter().filter(|p| p["codec_type"] == kind);
    of_kind
        .map(|p| {
            let dts = p["dts"].as_i64().expect("each packet has a time");
            let key = p["flags"].as_str().is_some_and(|f| f.starts_with('K'));
            (dts, number(&p["size"]), key)
        })
        .collect()
}

/// What `ffmpeg -v error -xerror` says while it decodes all of it: nothing, if
/// all is well.
pub fn decode_complaints(path: &Path) -> String {
    let output = run("ffmpeg", &["-v", "error", "-xerror", "-i", text(path), "-f", "null", "-"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() || !said.is_empty(), "ffmpeg failed silently");
    said
}

/// Times in seconds at which the picture turns white.
pub fn flashes(path: &Path) -> Vec<f64> {
    const SIDE: usize = 8;
    let filter = format!("crop=iw:ih/4:0:0,scale={SIDE}:{SIDE}:flags=area,format=gray");
    let frames = run(
        "ffmpeg",
        &[
            "-v",
            "error",
            "-i",
            text(path),
            "-vf",
            &filter,
            "-vsync",
            "passthrough",
            "-f",
            "rawvideo",
            "-",
        ],
    );
    let probed = probe(path);
    let times = packets(&probed, "video");
    let bright: Vec<bool> = frames
        .stdout
        .chunks_exact(SIDE * SIDE)
        .map(|frame| {
            frame.iter().map(|luma| u32::from(*luma)).sum::<u32>() > 180 * (SIDE * SIDE) as u32
        })
        .collect();
    assert_eq!(bright.len(), times.len(), "every packet decodes to a picture");
    let starts = (1..bright.len()).filter(|&i| bright[i] && !bright[i - 1]);
    starts.map(|i| times[i].0 as f64 / 1_000.0).collect()
}

/// Times in seconds at which the beep begins.
pub fn beeps(path: &Path) -> Vec<f64> {
    const RATE: usize = 48_000;
    let sound = run(
        "ffmpeg",
        &[
            "-v",
            "error",
            "-i",
            text(path),
            "-af",
            "aresample=async=1:first_pts=0",
            "-ac",
            "1",
            "-ar",
            "48000",
            "-f",
            "f32le",
            "-",
        ],
    );
    let samples: Vec<f32> = sound
        .stdout
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect();
    // A beep begins where it gets loud after a tenth of a second of quiet.
    let mut starts = Vec::new();
    let mut quiet = RATE;
    for (i, sample) in samples.iter().enumerate() {
        if sample.abs() < 0.05 {
            quiet += 1;
        } else {
            if quiet > RATE / 10 {
                starts.push(i as f64 / RATE as f64);
            }
            quiet = 0;
        }
    }
    starts
}

/// Bits per second of all packets of both kinds, in kbit/s.
pub fn kbps(packets: &[(i64, u64, bool)]) -> f64 {
    let bytes: u64 = packets.iter().map(|(_, size, _)| size).sum();
    let (first, last) = (packets[0].0, packets[packets.len() - 1].0);
    let frame = (last - first) as f64 / (packets.len() - 1) as f64;
    bytes as f64 * 8.0 / ((last - first) as f64 + frame)
}

/// Flashes, so many at least, each with its beep.
pub fn expect_marks_together(path: &Path, least: usize) {
    let (flashes, beeps) = (flashes(path), beeps(path));
    assert!(flashes.len() >= least, "a flash a second: {flashes:?}");
    for flash in &flashes {
        let nearest = beeps.iter().map(|beep| (beep - flash).abs()).fold(f64::MAX, f64::min);
        assert!(nearest < 0.020, "flash at {flash} s, beeps at {beeps:?}");
    }
}
