//! Publishing to a real nginx-rtmp that records: what arrives is looked at by
//! ffprobe and decoded by ffmpeg.

use std::time::Duration;

use crate::media;
use crate::nginx::Nginx;
use crate::program::{Program, eventually};
use crate::witness::undisturbed;

/// Frames that a machine can't make while it stands still are missing from any stream.
const STILL: Duration = Duration::from_millis(60);

#[test]
fn ten_seconds_arrive_whole() {
    let (nginx, ended) = undisturbed(STILL, || {
        let nginx = Nginx::start("ten-seconds");
        let arguments = ["publish", "--duration", "10s", "--json", &nginx.url("k")];
        let ended = Program::start(&arguments).wait();
        (nginx, ended)
    });
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert_eq!(ended.lines[0]["state"], "connecting", "{:?}", ended.lines);
    assert!(ended.lines.iter().any(|line| line["state"] == "live"), "{:?}", ended.lines);
    assert_eq!(ended.summary()["dropped"], 0);

    let file = eventually("a recording", Duration::from_secs(5), || nginx.recordings().pop());
    let probed = media::probe(&file);
    let video = media::stream(&probed, "video");
    assert_eq!(video["codec_name"], "h264");
    assert_eq!((&video["width"], &video["height"]), (&1280.into(), &720.into()));
    assert_eq!(video["r_frame_rate"], "30/1");
    assert_eq!(video["has_b_frames"], 0);
    assert_eq!((&video["color_space"], &video["color_range"]), (&"bt709".into(), &"tv".into()));
    let audio = media::stream(&probed, "audio");
    assert_eq!((&audio["codec_name"], &audio["profile"]), (&"aac".into(), &"LC".into()));
    assert_eq!((&audio["sample_rate"], &audio["channels"]), (&"48000".into(), &2.into()));

    let pictures = media::packets(&probed, "video");
    assert_eq!(pictures.len(), 300, "ten seconds to the frame");
    assert_eq!(pictures[0].0, 0, "the first picture is at 0");
    assert!(pictures.windows(2).all(|w| (32..=35).contains(&(w[1].0 - w[0].0))), "30 a second");
    let keyframes: Vec<usize> = (0..pictures.len()).filter(|&i| pictures[i].2).collect();
    assert!(keyframes.iter().enumerate().all(|(n, &at)| at == n * 60), "{keyframes:?}");
    let rate = media::kbps(&pictures);
    assert!((rate / 2_500.0 - 1.0).abs() < 0.05, "{rate:.0} kbit/s of video");

    let sounds = media::packets(&probed, "audio");
    assert!(sounds[0].0 < 30, "sound starts with the picture, not {} ms later", sounds[0].0);
    assert!(sounds.windows(2).all(|w| (21..=22).contains(&(w[1].0 - w[0].0))), "1024 samples each");
    let rate = media::kbps(&sounds);
    assert!((rate / 128.0 - 1.0).abs() < 0.05, "{rate:.0} kbit/s of sound");

    assert_eq!(media::decode_complaints(&file), "");
    media::expect_marks_together(&file, 9);
}

/// At most rates no frame is due at the full second.
#[test]
fn flash_and_beep_are_together_at_any_rate() {
    for rate in ["12.5", "23.976"] {
        let (nginx, ended) = undisturbed(STILL, || {
            let nginx = Nginx::start("rates");
            let arguments =
                ["publish", "--size", "320x180", "--fps", rate, "--duration", "6s", "--json"];
            let url = nginx.url(rate);
            let ended = Program::start(&[&arguments[..], &[&url]].concat()).wait();
            (nginx, ended)
        });
        assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
        let file = eventually("a recording", Duration::from_secs(5), || nginx.recordings().pop());
        media::expect_marks_together(&file, 5);
    }
}

#[test]
fn a_second_publisher_of_the_same_key_is_told_so() {
    let nginx = Nginx::start("busy");
    let mut first = Program::start(&["publish", "--size", "320x180", "--json", &nginx.url("k")]);
    first.wait_for_state("live");
    let mut second = Program::start(&["publish", "--size", "320x180", "--json", &nginx.url("k")]);
    let told = second.wait_for_state("reconnecting");
    assert!(
        told["detail"].as_str().is_some_and(|words| words.contains("already in use")),
        "{told}"
    );
    second.interrupt();
    second.wait();
    first.interrupt();
    assert_eq!(first.wait().code(), Some(0));
}

#[test]
fn the_key_may_come_from_the_environment() {
    let nginx = Nginx::start("environment");
    let server = format!("rtmp://127.0.0.1:{}/live", nginx.port);
    let arguments = ["publish", "--size", "320x180", "--duration", "1s", "--json", &server];
    let ended = Program::start_with(&arguments, &[("TALLYLIGHT_KEY", "hush-7f3a")]).wait();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains("hush-7f3a"));
    assert!(ended.lines.iter().all(|line| !line.to_string().contains("hush-7f3a")));
    let file = eventually("a recording", Duration::from_secs(5), || nginx.recordings().pop());
    assert!(file.to_string_lossy().contains("hush-7f3a"), "the server got it: {file:?}");
}
