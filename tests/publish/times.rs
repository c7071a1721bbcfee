//! When things come: few frames a second, and inputs that are moved in time by hand.

use std::path::PathBuf;
use std::time::Duration;

use crate::media;
use crate::nginx::Nginx;
use crate::program::{Program, eventually};
use crate::witness::undisturbed;

/// Frames that a machine can't make while it stands still are missing from any stream.
const STILL: Duration = Duration::from_millis(100);

/// Streams of four seconds side by side, each with options of its own: what was
/// recorded of each.
fn record(name: &str, streams: &[&[&str]]) -> (Nginx, Vec<PathBuf>) {
    undisturbed(STILL, || {
        let nginx = Nginx::start(name);
        let start = |(n, options): (usize, &&[&str])| {
            let url = nginx.url(&format!("k{n}"));
            let always = ["publish", "--size", "320x180", "--duration", "4s", "--json", &url];
            Program::start(&[&always[..], options].concat())
        };
        let programs: Vec<Program> = streams.iter().enumerate().map(start).collect();
        for program in programs {
            let ended = program.wait();
            assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
        }
        let all = || Some(nginx.recordings()).filter(|files| files.len() == streams.len());
        let files = eventually("the recordings", Duration::from_secs(5), all);
        (nginx, files)
    })
}

/// However long the first keyframe takes to come, and whatever waits to be put in
/// order at the end.
#[test]
fn a_stream_of_few_frames_has_its_whole_sound() {
    let (_nginx, files) =
        record("few-frames", &[&["--fps", "1"], &["--fps", "2"], &["--fps", "5"]]);
    for (file, frames) in files.iter().zip([4, 8, 20]) {
        let probed = media::probe(file);
        let (pictures, sounds) =
            (media::packets(&probed, "video"), media::packets(&probed, "audio"));
        assert_eq!(pictures.len(), frames, "{}", file.display());
        assert!((187..=188).contains(&sounds.len()), "{frames}: {} access units", sounds.len());
        let last = sounds.last().map(|(at, ..)| *at);
        assert!(last > Some(3_950), "{frames} frames: sound ends at {last:?}");
    }
}

/// The picture is held where the sound is to come earlier, and the other way round.
#[test]
fn an_input_is_moved_in_time_by_hand() {
    let (_nginx, files) = record(
        "delays",
        &[
            &["--camera", "test;delay=300"],
            &["--mic", "test;delay=200"],
            &["--mic", "test;delay=-250"],
        ],
    );
    for (file, later_s) in files.iter().zip([0.300, -0.200, 0.250]) {
        let (flashes, beeps) = (media::flashes(file), media::beeps(file));
        assert!(flashes.len() >= 2, "{flashes:?}");
        for flash in &flashes {
            let beep = flash - later_s;
            // One may have come before the first picture or after the last.
            let off = beeps.iter().map(|at| (at - beep).abs()).fold(f64::MAX, f64::min);
            let within = (0.1..3.9).contains(&beep);
            assert!(off < 0.020 || !within, "{later_s}: flash at {flash}, beeps at {beeps:?}");
        }
        let probed = media::probe(file);
        let all: Vec<_> = probed["packets"].as_array().expect("packets").iter().collect();
        let times = all.iter().filter_map(|packet| packet["dts"].as_i64());
        assert!(times.is_sorted(), "sound and picture are in order of time");
    }
}
