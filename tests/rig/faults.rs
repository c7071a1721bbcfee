//! Devices that freeze, go, break and come back while the program is live: the
//! stream goes on, the notice names the device and the reason, and all is well
//! within two seconds of the device's return.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::devices::{self, Other, Piped, VIVID, control};
use crate::media;
use crate::nginx::Nginx;
use crate::program::{Program, eventually};

/// The program live in the same machine.
struct Live {
    program: Program,
    nginx: Nginx,
}

/// The device must be back within this time of its return; what is printed once a
/// picture or sound is there comes within 0.1 s of it.
const BACK: Duration = Duration::from_millis(2_100);

impl Live {
    fn start(name: &str, camera: &str, microphone: &str) -> Self {
        let nginx = Nginx::start(name);
        let mut program = Program::start(&[
            "publish",
            "--json",
            "--camera",
            camera,
            "--mic",
            microphone,
            "--size",
            "320x180",
            "--video-kbps",
            "500",
            &nginx.url("k"),
        ]);
        program.wait_for_state("live");
        Self { program, nginx }
    }

    /// Waits for a line whose notice is such; how long it took.
    fn until(&mut self, what: &str, wanted: impl Fn(&str) -> bool) -> Duration {
        let begun = Instant::now();
        loop {
            let line = self.program.line().unwrap_or_else(|| panic!("it ended before {what}"));
            assert_eq!(line["state"], "live", "the stream never stops: {line}");
            let detail = line["detail"].as_str().unwrap_or_default();
            if wanted(detail) {
                println!("{what} after {:.2} s: {detail}", begun.elapsed().as_secs_f64());
                return begun.elapsed();
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{what} did not come: {line}");
        }
    }

    fn notice(&mut self, device: &str, reason: &str) {
        self.until("the notice", |detail| detail.contains(device) && detail.contains(reason));
    }

    fn back(&mut self, limit: Duration) {
        let took = self.until("all is well", |detail| !names_a_device(detail));
        assert!(took < limit, "back only after {took:?}");
    }

    /// Lets the trouble last, longer than the last picture is shown.
    fn suffer(&mut self) {
        let until = Instant::now() + Duration::from_secs(4);
        while Instant::now() < until {
            let line = self.program.line().expect("it goes on");
            assert_eq!(line["state"], "live", "{line}");
            let detail = line["detail"].as_str().unwrap_or_default();
            assert!(names_a_device(detail), "the notice stays: {line}");
        }
    }

    /// Ends it; what was recorded has no gap in picture or sound.
    fn end(self) {
        self.program.interrupt();
        let ended = self.program.wait();
        assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
        assert_eq!(ended.summary()["reconnects"], 0);
        let file =
            eventually("a recording", Duration::from_secs(10), || self.nginx.recordings().pop());
        let probed = media::probe(&file);
        for (kind, most) in [("video", 300), ("audio", 100)] {
            let packets = media::packets(&probed, kind);
            let gap = packets.windows(2).map(|w| w[1].0 - w[0].0).max().unwrap_or(0);
            println!("{kind}: {} packets, widest gap {gap} ms", packets.len());
            assert!(gap < most, "a gap of {gap} ms in the {kind}");
        }
    }
}

/// Whether a notice is about a device, and not about the emulated processor.
fn names_a_device(detail: &str) -> bool {
    detail.contains("The camera “") || detail.contains("The microphone “")
}

#[test]
#[ignore = "needs the devices of a test machine"]
fn a_camera_that_freezes() {
    let mut live = Live::start("rig-freeze", VIVID, "none");
    live.back(Duration::from_secs(10));
    control("percentage_of_dropped_buffers=100");
    live.notice("“vivid”", "stopped delivering");
    live.suffer();
    control("percentage_of_dropped_buffers=0");
    live.back(BACK);
    live.end();
}

#[test]
#[ignore = "needs the devices of a test machine"]
fn a_camera_that_is_pulled_out_and_plugged_in() {
    let mut live = Live::start("rig-unplug", VIVID, "none");
    live.back(Duration::from_secs(10));
    devices::pull_camera();
    live.notice("“vivid”", "is not there");
    live.suffer();
    devices::plug_camera();
    live.back(BACK);
    live.end();
}

#[test]
#[ignore = "needs the devices of a test machine"]
fn a_camera_that_reports_an_error() {
    let mut live = Live::start("rig-error", VIVID, "none");
    live.back(Duration::from_secs(10));
    control("inject_fatal_streaming_error=1");
    live.notice("“vivid”", "error");
    live.back(BACK);
    live.end();
}

#[test]
#[ignore = "needs the devices of a test machine"]
fn a_camera_that_another_program_uses() {
    let other = Other::start();
    let mut live = Live::start("rig-busy", VIVID, "none");
    live.notice("“vivid”", "another program");
    live.suffer();
    drop(other);
    live.back(BACK);
    live.end();
}

#[test]
#[ignore = "needs the devices of a test machine"]
fn a_sound_card_that_is_pulled_out_and_plugged_in() {
    let mut live = Live::start("rig-sound-pulled", "test", "alsa:hw:CARD=Loopback,DEV=1");
    live.back(Duration::from_secs(10));
    devices::run("pkill", &["aplay"]);
    devices::pull_sound_card();
    live.notice("microphone “", "is not there");
    live.suffer();
    devices::plug_sound_card();
    live.back(BACK);
    live.end();
}

#[test]
#[ignore = "needs the devices of a test machine"]
fn a_sound_card_that_stops_delivering_and_stays() {
    let microphone = Piped::start();
    let mut live = Live::start("rig-sound-stops", "test", Piped::ID);
    live.back(Duration::from_secs(10));
    microphone.stop(true);
    live.notice("microphone “", "stopped delivering");
    live.suffer();
    microphone.stop(false);
    live.back(BACK);
    live.end();
}

#[test]
#[ignore = "needs the devices of a test machine"]
fn a_device_that_is_not_there_is_named_before_anything_goes_live() {
    let url = "rtmp://127.0.0.1:1/live/k";
    let ended = Program::start(&["publish", "--json", "--camera", "usb:1:2", url]).wait();
    assert_eq!(ended.code(), Some(5), "{}", ended.stderr);
    assert!(ended.stderr.contains("“usb:1:2” is not there"), "{}", ended.stderr);
    let lines: &[Value] = &ended.lines;
    assert!(lines.iter().all(|line| line["state"] != "live"), "{lines:?}");
}
