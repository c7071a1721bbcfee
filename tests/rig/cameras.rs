//! Cameras as sources: every format and size with its colours, odd states, and
//! all that can happen to a camera while it is looked at.

use std::thread::sleep;
use std::time::{Duration, Instant};

use tallylight::media::{Clock, FrameRate, Plane, Planes, VideoFrame};
use tallylight::source::{Camera, SourceStatus, Trouble, VideoSource, list_devices};

use crate::devices::{Other, VIVID, control, plug_camera, pull_camera, run};

const FPS: FrameRate = FrameRate::whole(30);

/// A camera that is asked for a picture at the output's rate, as the engine does.
struct Rig {
    camera: Camera,
    clock: Clock,
}

impl Rig {
    fn open(asked: &str, width: u32, height: u32) -> Self {
        let clock = Clock::starting_at(Instant::now());
        let camera = Camera::open(asked, Planes::new(width, height), FPS, clock).expect("a thread");
        Self { camera, clock }
    }

    fn tick(&mut self) -> Option<VideoFrame> {
        sleep(FPS.interval());
        self.camera.frame(self.clock.at(Instant::now()))
    }

    /// Waits until `done` says so; how long it took.
    fn until(
        &mut self,
        what: &str,
        limit: Duration,
        mut done: impl FnMut(&SourceStatus) -> bool,
    ) -> Duration {
        let start = Instant::now();
        loop {
            self.tick();
            let status = self.camera.status();
            if done(&status) {
                return start.elapsed();
            }
            assert!(start.elapsed() < limit, "{what} did not come: {status:?}");
        }
    }

    fn is_fine(&self) -> bool {
        let status = self.camera.status();
        // Silent since its last picture: a camera that is starting has shown none.
        status.trouble.is_none() && !status.delivers.is_empty() && status.silent.is_some()
    }

    /// Waits for a picture of the camera itself. The emulated one draws large
    /// pictures at its leisure.
    fn picture(&mut self) -> VideoFrame {
        let limit = Instant::now() + Duration::from_secs(60);
        loop {
            // Before and after: else a slate would pass for a picture.
            let is_fine = self.is_fine();
            if let Some(frame) = self.tick()
                && is_fine
                && self.is_fine()
            {
                return frame;
            }
            assert!(Instant::now() < limit, "no picture: {:?}", self.camera.status());
        }
    }
}

/// The colours of the wide bars in a row near the bottom, below the text, as RGB.
fn bars(frame: &VideoFrame) -> Vec<[f32; 3]> {
    let layout = frame.picture.layout();
    let (width, half) = (layout.width as usize, layout.width as usize / 2);
    let y = layout.height as usize * 15 / 16 / 2 * 2;
    let pixel = |x: usize| {
        let luma = frame.picture.plane(Plane::Y)[y * width + x];
        let chroma = y / 2 * half + x / 2;
        let [cb, cr] =
            [Plane::U, Plane::V].map(|plane| f32::from(frame.picture.plane(plane)[chroma]));
        rgb([f32::from(luma), cb, cr])
    };
    let mut bars: Vec<[f32; 3]> = Vec::new();
    let mut run = 0;
    for x in 1..width {
        let same = pixel(x).iter().zip(pixel(x - 1)).all(|(a, b)| (a - b).abs() < 4.0);
        run = if same { run + 1 } else { 0 };
        if run == width / 24 {
            bars.push(pixel(x - width / 48));
        }
    }
    bars
}

/// BT.709, limited range, to RGB.
pub fn rgb([y, cb, cr]: [f32; 3]) -> [f32; 3] {
    let (y, cb, cr) = ((y - 16.0) / 219.0, (cb - 128.0) / 224.0, (cr - 128.0) / 224.0);
    let (r, b) = (y + 1.5748 * cr, y + 1.8556 * cb);
    let g = (y - 0.2126 * r - 0.0722 * b) / 0.7152;
    [r, g, b].map(|part| (part * 255.0).clamp(0.0, 255.0))
}

/// The camera's bars: 75 % of each colour, and black.
const BARS: [[f32; 3]; 8] = [
    [191.0, 191.0, 191.0],
    [191.0, 191.0, 0.0],
    [0.0, 191.0, 191.0],
    [0.0, 191.0, 0.0],
    [191.0, 0.0, 191.0],
    [191.0, 0.0, 0.0],
    [0.0, 0.0, 191.0],
    [0.0, 0.0, 0.0],
];

fn distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
#[ignore = "needs the cameras of a test machine"]
fn cameras_are_listed_without_their_metadata_nodes() {
    let cameras = list_devices().cameras;
    println!("{cameras:#?}");
    assert_eq!(cameras[0].id, VIVID);
    assert_eq!(cameras[0].name, "vivid");
    assert!(cameras.iter().all(|camera| !camera.modes.is_empty()));
    let modes = &cameras[0].modes;
    let mode =
        modes.iter().find(|mode| mode.format == "UYVY" && mode.width == 640 && mode.height == 480);
    assert_eq!(mode.unwrap().fps[0], 25.0);
}

const FORMATS: [&str; 18] = [
    "YUYV", "UYVY", "NV12", "NV21", "I420", "YV12", "RGB", "BGR", "GREY", "YVYU", "VYUY", "NV16",
    "NV61", "422P", "XR24", "XB24", "BX24", "RX24",
];

/// Tried at every size.
const COMMON: [&str; 9] = ["YUYV", "UYVY", "NV12", "NV21", "I420", "YV12", "RGB", "BGR", "GREY"];

#[test]
#[ignore = "needs the cameras of a test machine"]
fn every_format_and_size_opens_with_the_right_colours() {
    let sizes = [(320, 180), (640, 360), (640, 480), (1280, 720), (1920, 1080), (3840, 2160)];
    for format in FORMATS {
        // The others at one size: the emulated machine takes its time.
        let all = COMMON.contains(&format);
        for (width, height) in sizes.into_iter().filter(|size| all || *size == (640, 360)) {
            let asked = format!("{VIVID};size={width}x{height};format={format}");
            let mut rig = Rig::open(&asked, width, height);
            let frame = rig.picture();
            let layout = frame.picture.layout();
            assert_eq!((layout.width, layout.height), (width, height), "{asked}");
            let bars = bars(&frame);
            let expected = |n: usize| match format {
                "GREY" => {
                    // What vivid calls grey: BT.709's weights, the full range.
                    let [r, g, b] = BARS[n];
                    [0.2126 * r + 0.7152 * g + 0.0722 * b; 3]
                }
                _ => BARS[n],
            };
            // In their order, from wherever the picture begins: they move.
            let off = |first: usize| {
                let wanted = |n: usize| expected((first + n) % BARS.len());
                let off = bars.iter().enumerate().map(|(n, bar)| distance(*bar, wanted(n)));
                off.fold(0.0, f32::max)
            };
            let worst = (0..BARS.len()).map(off).fold(f32::MAX, f32::min);
            println!(
                "{asked}: {} bars, worst {worst:.1}, {}",
                bars.len(),
                rig.camera.status().delivers
            );
            // Within 3 of 255 where nothing was measured otherwise before.
            let most = if all { 6.0 } else { 3.0 };
            assert!(bars.len() >= 5 && worst <= most, "{bars:?}");
        }
    }
}

#[test]
#[ignore = "needs the cameras of a test machine"]
fn a_camera_of_any_size_gives_the_outputs() {
    // As a grabber, which has any size in steps, and more than can be opened.
    run("modprobe", &["-r", "vivid"]);
    run("modprobe", &["vivid", "n_devs=1", "node_types=1", "num_inputs=1", "input_types=3"]);
    let modes = &list_devices().cameras[0].modes;
    println!("{:?}", modes.iter().map(|m| (m.width, m.height)).collect::<Vec<_>>());
    for (width, height) in [(640, 360), (854, 480), (480, 640)] {
        let mut rig = Rig::open(VIVID, width, height);
        let layout = rig.picture().picture.layout();
        println!("{width}x{height}: {}", rig.camera.status().delivers);
        assert_eq!((layout.width, layout.height), (width, height));
    }
}

#[test]
#[ignore = "needs the cameras of a test machine"]
fn a_camera_in_an_odd_state_opens_all_the_same() {
    run(
        "v4l2-ctl",
        &[
            "-d",
            "/dev/video0",
            "--set-fmt-video=width=1280,height=720,pixelformat=UYVY",
            "-p",
            "12.5",
        ],
    );
    let mut rig = Rig::open(VIVID, 640, 360);
    let layout = rig.picture().picture.layout();
    assert_eq!((layout.width, layout.height), (640, 360));
}

#[test]
#[ignore = "needs the cameras of a test machine"]
fn pictures_are_fresh_and_come_at_the_rate_that_was_asked() {
    for (size, fps) in [("640x360", 30.0), ("640x480", 25.0)] {
        let mut rig = Rig::open(&format!("{VIVID};size={size};fps={fps}"), 640, 360);
        rig.picture();
        rig.until("a measured rate", Duration::from_secs(10), |status| {
            status.delivers.contains("delivered")
        });
        let mut oldest = Duration::ZERO;
        for _ in 0..90 {
            let frame = rig.tick().expect("a picture");
            oldest = oldest.max(rig.clock.at(Instant::now()).since(frame.time));
        }
        let status = rig.camera.status();
        println!("{size}@{fps}: oldest {oldest:?}, {status:?}");
        assert!(oldest < Duration::from_millis(150));
    }
}

#[test]
#[ignore = "needs the cameras of a test machine"]
fn a_frozen_camera_is_noticed_and_comes_back() {
    let mut rig = Rig::open(VIVID, 320, 180);
    rig.picture();
    control("percentage_of_dropped_buffers=100");
    let noticed =
        rig.until("the notice", Duration::from_secs(6), |s| s.trouble == Some(Trouble::Stalled));
    sleep(Duration::from_secs(5));
    rig.until("still stalled", Duration::from_secs(1), |s| s.trouble == Some(Trouble::Stalled));
    control("percentage_of_dropped_buffers=0");
    let back = rig.until("the picture", Duration::from_secs(6), |s| s.trouble.is_none());
    println!("noticed after {noticed:?}, back after {back:?}");
    assert!(back < Duration::from_secs(2));
}

#[test]
#[ignore = "needs the cameras of a test machine"]
fn a_camera_that_is_pulled_out_comes_back_when_it_is_plugged_in() {
    let mut rig = Rig::open(VIVID, 320, 180);
    rig.picture();
    pull_camera();
    let noticed =
        rig.until("the notice", Duration::from_secs(6), |s| s.trouble == Some(Trouble::Missing));
    sleep(Duration::from_secs(4));
    plug_camera();
    let back = rig.until("the picture", Duration::from_secs(8), |s| s.trouble.is_none());
    println!("noticed after {noticed:?}, back after {back:?}");
    assert!(back < Duration::from_secs(2));
    assert_eq!(rig.camera.status().name, "vivid");
}

#[test]
#[ignore = "needs the cameras of a test machine"]
fn a_fault_while_streaming_is_survived() {
    for fault in ["inject_fatal_streaming_error=1", "disconnect=1", "inject_v4l2_buf_flag_error=1"]
    {
        let mut rig = Rig::open(VIVID, 320, 180);
        rig.picture();
        control(fault);
        sleep(Duration::from_secs(1));
        let arrived = rig.camera.status();
        let back = rig.until("the picture", Duration::from_secs(8), |s| s.trouble.is_none());
        let fresh = rig.picture();
        let age = rig.clock.at(Instant::now()).since(fresh.time);
        println!("{fault}: {arrived:?}, back {back:?} after a second, picture {age:?} old");
        assert!(age < Duration::from_millis(500));
    }
}

#[test]
#[ignore = "needs the cameras of a test machine"]
fn a_camera_in_use_is_told_apart_and_taken_when_it_is_free() {
    let other = Other::start();
    let mut rig = Rig::open(VIVID, 320, 180);
    rig.until("the notice", Duration::from_secs(6), |s| s.trouble == Some(Trouble::Busy));
    drop(other);
    let back = rig.until("the picture", Duration::from_secs(6), |s| s.trouble.is_none());
    println!("taken after {back:?}");
    assert!(back < Duration::from_secs(2));
}

#[test]
#[ignore = "needs the cameras of a test machine"]
fn a_camera_that_is_opened_anew_at_once_is_not_in_another_programs_hands() {
    for _ in 0..5 {
        let mut rig = Rig::open(VIVID, 320, 180);
        rig.until("the picture", Duration::from_secs(10), |status| {
            assert_ne!(status.trouble, Some(Trouble::Busy), "by our own old thread");
            status.fps_set.is_some() && status.silent.is_some_and(|s| s < Duration::from_secs(1))
        });
    }
}

#[test]
#[ignore = "needs the cameras of a test machine"]
fn a_camera_that_is_not_there_is_said_to_be_missing() {
    let mut rig = Rig::open("usb:no:such:camera", 320, 180);
    rig.until("the notice", Duration::from_secs(6), |s| s.trouble == Some(Trouble::Missing));
    assert_eq!(rig.camera.status().name, "usb:no:such:camera");
}
