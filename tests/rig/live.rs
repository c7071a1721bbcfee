//! The program live from camera and microphone, to an nginx in the same machine:
//! what arrives there is looked at by ffprobe and decoded by ffmpeg.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::devices::VIVID;
use crate::media;
use crate::nginx::Nginx;
use crate::program::{Program, eventually};

/// Frames of sound a second.
pub const RATE: f64 = 48_000.0;

/// The sound beside a tone of so many Hz, as sums over cosine and sine.
fn beside(samples: &[f32], first: usize, hertz: f64) -> (f64, f64) {
    samples.iter().enumerate().fold((0.0, 0.0), |(cos, sin), (n, sample)| {
        let (s, c) = ((first + n) as f64 * hertz / RATE * std::f64::consts::TAU).sin_cos();
        (cos + f64::from(*sample) * c, sin + f64::from(*sample) * s)
    })
}

/// The tone near `hertz` in a sound: its frequency, and its power against that of
/// all, 0 to 1. A sound card's clock is not the machine's, so neither is its tone.
pub fn tone(samples: &[f32], hertz: f64) -> (f64, f64) {
    let half = samples.len() / 2;
    let phase = |(cos, sin): (f64, f64)| f64::atan2(-sin, cos);
    let early = phase(beside(&samples[..half], 0, hertz));
    let late = phase(beside(&samples[half..], half, hertz));
    let turned = (late - early + std::f64::consts::PI).rem_euclid(std::f64::consts::TAU);
    let seconds = half as f64 / RATE;
    let hertz = hertz + (turned - std::f64::consts::PI) / std::f64::consts::TAU / seconds;
    let (cos, sin) = beside(samples, 0, hertz);
    let all: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    (hertz, 2.0 * (sin * sin + cos * cos) / samples.len() as f64 / all.max(1e-9))
}

/// The left channel as ffmpeg decodes it.
pub fn sound(file: &Path) -> Vec<f32> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(file)
        .args(["-map", "0:a", "-af", "pan=mono|c0=c0", "-f", "f32le", "-"])
        .output()
        .expect("it runs (Debian package ffmpeg)");
    output.stdout.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// The mean luma of the first picture, as ffmpeg decodes it.
fn first_picture(file: &Path) -> f64 {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(file)
        .args(["-map", "0:v", "-frames:v", "1", "-pix_fmt", "gray", "-f", "rawvideo", "-"])
        .output()
        .expect("it runs (Debian package ffmpeg)");
    let sum: f64 = output.stdout.iter().map(|luma| f64::from(*luma)).sum();
    sum / output.stdout.len().max(1) as f64
}

fn number(line: &Value, name: &str) -> f64 {
    line[name].as_f64().unwrap_or_else(|| panic!("no {name} in {line}"))
}

/// Goes live for a while from the camera in this mode, and looks at what arrived.
fn publish(name: &str, mode: &str) {
    let nginx = Nginx::start(name);
    let camera = format!("{VIVID};{mode}");
    let ended = Program::start(&[
        "publish",
        "--json",
        "--camera",
        &camera,
        "--mic",
        "--size",
        "640x360",
        "--video-kbps",
        "1000",
        "--duration",
        "20s",
        &nginx.url("k"),
    ])
    .wait();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    let live: Vec<&Value> = ended.lines.iter().filter(|line| line["state"] == "live").collect();
    // In the first seconds everything starts at once, and then the encoder's work is
    // shared, from the next keyframe on.
    let steady = &live[6..];
    let oldest = steady.iter().map(|line| number(line, "picture_ms")).fold(0.0, f64::max);
    println!("{mode}: pictures at most {oldest} ms old");
    // What is given up to keep the rate is said and is no fault: only the rate is.
    for line in &live {
        let figures = ["t_s", "fps", "encoder_ms", "picture_ms", "dropped", "detail"];
        println!("{mode}: {}", figures.map(|name| format!("{name} {}", line[name])).join(", "));
    }
    assert!(oldest > 0.0 && oldest < 150.0, "a picture of {oldest} ms was encoded");

    let file = eventually("a recording", Duration::from_secs(10), || nginx.recordings().pop());
    let probed = media::probe(&file);
    let pictures = media::packets(&probed, "video");
    let (first, last) = (pictures[0].0, pictures[pictures.len() - 1].0);
    let fps = (pictures.len() - 1) as f64 * 1_000.0 / (last - first) as f64;
    println!("{mode}: {} pictures, {fps:.3} a second", pictures.len());
    assert!((fps / 30.0 - 1.0).abs() < 0.01, "{fps} frames a second");
    let luma = first_picture(&file);
    println!("{mode}: the first picture's mean luma is {luma:.0}");
    assert!(luma > 60.0, "it begins with black: {luma}");
    let audio = media::stream(&probed, "audio");
    assert_eq!((&audio["sample_rate"], &audio["channels"]), (&"48000".into(), &2.into()));
    let sound = sound(&file);
    let seconds = sound.len() as f64 / RATE;
    println!("{mode}: {seconds:.2} s of sound, {:.2} s of picture", (last - first) as f64 / 1e3);
    // From the fifth second on: the tone and nothing else.
    for second in sound[5 * 48_000..].chunks_exact(48_000) {
        let (hertz, share) = tone(second, 440.0);
        println!("{mode}: {:.2} % of the sound is a tone of {hertz:.3} Hz", share * 100.0);
        assert!((hertz / 440.0 - 1.0).abs() < 0.001, "another tone: {hertz}");
        assert!(share > 0.99, "the tone is not there: {share}");
    }
    assert_eq!(media::decode_complaints(&file), "");
}

#[test]
#[ignore = "needs the devices of a test machine"]
fn thirty_frames_of_640x360() {
    publish("rig-360", "size=640x360;fps=30");
}

#[test]
#[ignore = "needs the devices of a test machine"]
fn twenty_five_frames_of_640x480() {
    publish("rig-480", "size=640x480;fps=25");
}

#[test]
#[ignore = "needs the devices of a test machine"]
fn devices_are_listed_by_name_and_only_those_of_use() {
    let listed = Command::new(env!("CARGO_BIN_EXE_tallylight"))
        .args(["devices", "--json"])
        .output()
        .expect("the program was built with the tests");
    assert_eq!(String::from_utf8_lossy(&listed.stderr), "");
    let listed: Value = serde_json::from_slice(&listed.stdout).expect("it is JSON");
    let ids = |kind: &str| -> Vec<String> {
        let all = listed[kind].as_array().expect("a list");
        all.iter().map(|device| device["id"].as_str().expect("an identity").into()).collect()
    };
    println!("{:?} {:?}", ids("cameras"), ids("microphones"));
    assert_eq!(listed["cameras"][0]["name"], "vivid");
    assert_eq!(ids("cameras")[0], VIVID);
    assert!(ids("cameras").len() <= 2, "no metadata nodes");
    let mut microphones = ids("microphones");
    assert_eq!(microphones.remove(0), "alsa:default");
    assert_eq!(listed["microphones"][0]["default"], true);
    microphones.sort();
    let cards =
        ["alsa:hw:CARD=Dummy,DEV=0", "alsa:hw:CARD=Loopback,DEV=0", "alsa:hw:CARD=Loopback,DEV=1"];
    assert_eq!(microphones, cards);
}
