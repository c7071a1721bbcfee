//! Any server by its address, by hand: ten seconds are published there and played
//! back from the same address, and judged as a recording is.
//!
//!     TALLYLIGHT_TRY_URL=rtmp://127.0.0.1/live/k cargo nextest run --run-ignored only try_url
//!
//! Servers to try that Debian does not package: node-media-server (`npx
//! node-media-server`), xiu (`cargo install xiu`, then `xiu -r 1935`).

use std::process::{Command, Stdio};

use crate::media;
use crate::program::Program;

/// Seconds that are looked at, of the ten that are published.
const PLAYED: &str = "7";

#[test]
#[ignore = "needs a server: give its address in TALLYLIGHT_TRY_URL"]
fn try_url() {
    let url = std::env::var("TALLYLIGHT_TRY_URL").expect("give the address in TALLYLIGHT_TRY_URL");
    let file = std::env::temp_dir().join(format!("tallylight-try-{}.flv", std::process::id()));
    let arguments = ["publish", "--duration", "12s", "--json", &url];
    let mut program = Program::start(&arguments);
    program.wait_for_state("live");
    let played = Command::new("ffmpeg")
        .args(["-v", "error", "-rw_timeout", "10000000", "-i", &url, "-t", PLAYED, "-c", "copy"])
        .args(["-y".as_ref(), file.as_os_str()])
        .stdin(Stdio::null())
        .status()
        .expect("ffmpeg is missing: install the package ffmpeg");
    let ended = program.wait();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert_eq!(
        (&ended.summary()["dropped"], &ended.summary()["reconnects"]),
        (&0.into(), &0.into())
    );
    assert!(played.success(), "ffmpeg could not play it");

    let probed = media::probe(&file);
    let video = media::stream(&probed, "video");
    assert_eq!(video["codec_name"], "h264");
    assert_eq!((&video["width"], &video["height"]), (&1280.into(), &720.into()));
    assert_eq!(media::stream(&probed, "audio")["codec_name"], "aac");
    let pictures = media::packets(&probed, "video");
    assert!(pictures.len() > 150, "{} frames in {PLAYED} s", pictures.len());
    assert!(pictures[0].2, "it starts on a keyframe");
    assert!(pictures.windows(2).all(|w| (32..=35).contains(&(w[1].0 - w[0].0))), "30 a second");
    assert_eq!(media::decode_complaints(&file), "");
    media::expect_marks_together(&file, 4);
    let _ = std::fs::remove_file(&file);
}
