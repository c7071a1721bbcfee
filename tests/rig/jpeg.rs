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

/// One picture of the clip in full, three bytes a pixel.
fn picture(n: usize) -> Vec<u8> {
    let filter = format!("select=eq(n\\,{n}),format=rgb24");
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration=4"])
        .args(["-vf", &filter, "-frames:v", "1", "-f", "rawvideo", "-"])
        .output()
        .expect("it runs (Debian package ffmpeg)");
    output.stdout
}

/// Whether an edge goes through one of the blocks of 16×16 pixels, as JPEG has
/// them with halved colours, that a tile has a part in: JPEG smears it over the
/// whole block, and so from tile to tile.
fn has_edge(picture: &[u8], tile: usize) -> bool {
    const BLOCK: usize = 16;
    const EDGE: u8 = 48;
    let (left, top) = (tile % TILES.0 * TILE, tile / TILES.0 * TILE);
    let (columns, rows) =
        (left / BLOCK..(left + TILE).div_ceil(BLOCK), top / BLOCK..(top + TILE).div_ceil(BLOCK));
    rows.flat_map(|row| columns.clone().map(move |column| (column, row))).any(|(column, row)| {
        let pixel = |x: usize, y: usize, part: usize| {
            picture[((row * BLOCK + y) * 1280 + column * BLOCK + x) * 3 + part]
        };
        (0..3).any(|part| {
            let all = (0..BLOCK * BLOCK).map(|n| pixel(n % BLOCK, n / BLOCK, part));
            all.clone().max().unwrap_or(0) - all.min().unwrap_or(0) > EDGE
        })
    })
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
        (0..clip.len()).map(|n| (n, apart(&seen, &clip[n]))).min_by(|a, b| a.1.0.total_cmp(&b.1.0));
    let (n, (mean, worst)) = nearest.expect("the clip has pictures");
    println!("{}: {mean:.2} of 255 apart, 95 % within {worst:.2}", jpeg.name);
    assert!(mean < 2.0 && worst <= 6.0, "{mean} {worst}");
    let whole = picture(n);
    check_tiles(&seen, &clip[n], &whole);
}

/// Each tile has its colour, but for those that edges go through.
fn check_tiles(seen: &[f32], clip: &[f32], whole: &[u8]) {
    let (edges, clear): (Vec<usize>, Vec<usize>) =
        (0..TILES.0 * TILES.1).partition(|tile| has_edge(whole, *tile));
    println!("{} of {} tiles have edges in their blocks", edges.len(), TILES.0 * TILES.1);
    assert!(!clear.is_empty());
    for tile in clear {
        let range = tile * 3..tile * 3 + 3;
        let (seen, clip) = (&seen[range.clone()], &clip[range]);
        let off = seen.iter().zip(clip).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(off <= 6.0, "tile {tile}: {seen:?} for {clip:?}");
    }
}
