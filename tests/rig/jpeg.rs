//! The camera that delivers JPEG pictures and nothing else.

use std::process::Command;
use std::time::{Duration, Instant};

use tallylight::media::{Clock, FrameRate, Plane, Planes, VideoFrame};
use tallylight::source::{Camera, VideoSource, list_devices};

/// The picture in tiles of 40×40: one mean colour each, as RGB.
const TILES: (usize, usize) = (32, 18);
const TILE: usize = 40;

/// All pictures of the clip that the camera plays, before they became JPEG, as
/// ffmpeg draws them.
fn clip() -> Vec<Vec<f32>> {
    // To RGB first: else ffmpeg would halve the colours of its 32 columns.
    let filter = format!("format=rgb24,scale={}:{}:flags=area", TILES.0, TILES.1);
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration=4"])
        .args(["-vf", &filter, "-pix_fmt", "rgb24", "-f", "rawvideo", "-"])
        .output()
        .expect("it runs (Debian package ffmpeg)");
    let picture = |bytes: &[u8]| bytes.iter().map(|byte| f32::from(*byte)).collect();
    output.stdout.chunks_exact(TILES.0 * TILES.1 * 3).map(picture).collect()
}

fn tiles(frame: &VideoFrame) -> Vec<f32> {
    let width = frame.picture.layout().width as usize;
    let mean = |plane: Plane, column: usize, row: usize, size: usize, stride: usize| {
        let samples = frame.picture.plane(plane);
        let rows = (row * size..(row + 1) * size)
            .flat_map(|y| &samples[y * stride + column * size..][..size]);
        rows.map(|sample| f32::from(*sample)).sum::<f32>() / (size * size) as f32
    };
    let colour = |n: usize| {
        let (column, row) = (n % TILES.0, n / TILES.0);
        let luma = mean(Plane::Y, column, row, TILE, width);
        let [cb, cr] =
            [Plane::U, Plane::V].map(|plane| mean(plane, column, row, TILE / 2, width / 2));
        crate::cameras::rgb([luma, cb, cr])
    };
    (0..TILES.0 * TILES.1).flat_map(colour).collect()
}

/// How far the tiles are apart: the mean, and that of the worst twentieth.
fn apart(a: &[f32], b: &[f32]) -> (f32, f32) {
    let mut differences: Vec<f32> = a.iter().zip(b).map(|(a, b)| (a - b).abs()).collect();
    differences.sort_by(f32::total_cmp);
    let mean = differences.iter().sum::<f32>() / differences.len() as f32;
    (mean, differences[differences.len() * 19 / 20])
}

#[test]
#[ignore = "needs the cameras of a test machine"]
fn its_pictures_have_the_colours_of_the_clip() {
    let cameras = list_devices().cameras;
    let jpeg = cameras.iter().find(|camera| camera.modes.iter().all(|mode| mode.format == "MJPEG"));
    let jpeg = jpeg.expect("a camera of JPEG pictures alone");
    let clip = clip();
    let clock = Clock::starting_at(Instant::now());
    let layout = Planes::new(1280, 720);
    let mut camera = Camera::open(&jpeg.id, layout, FrameRate::whole(30), clock).expect("a thread");
    let begun = Instant::now();
    let frame = loop {
        std::thread::sleep(Duration::from_millis(33));
        // Before and after: else a slate would pass for a picture.
        let is_fine = |camera: &Camera| {
            let status = camera.status();
            status.trouble.is_none() && !status.delivers.is_empty()
        };
        let before = is_fine(&camera);
        let frame = camera.frame(clock.at(Instant::now()));
        match frame.filter(|_| before && is_fine(&camera)) {
            Some(frame) => break frame,
            None => assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", camera.status()),
        }
    };
    let seen = tiles(&frame);
    let nearest =
        clip.iter().map(|picture| apart(&seen, picture)).min_by(|a, b| a.0.total_cmp(&b.0));
    let (mean, worst) = nearest.expect("the clip has pictures");
    println!("{}: {mean:.2} of 255 apart, 95 % within {worst:.2}", jpeg.name);
    assert!(mean < 2.0 && worst <= 6.0, "{mean} {worst}");
}
