//! The picture of the test signal.
//!
//! What never changes is drawn once and copied; on top of that each frame gets
//! its box, its timecode and a strip of snow. The snow is there for the encoder:
//! it can't be predicted, so the stream keeps its bitrate, as a camera's would.

use super::{MARK_MS, mark_start};
use crate::media::{FramePool, FrameRate, MediaTime, Picture, Plane, Planes, VideoFrame};
use crate::source::glyphs::{self, Pen};
use crate::source::{SourceStatus, VideoSource};
use crate::text::device;

/// Luma of black, white and the grey between them, in limited range.
const BLACK: u8 = 16;
const WHITE: u8 = 235;
const GREY: u8 = 126;

/// Columns of random luma that are kept beyond the picture's width: where the
/// strip of a frame may start.
const SNOW_SLACK: usize = 4_096;

/// Time in which the box runs from one side to the other and back.
const SWEEP_MICROS: i64 = 4_000_000;

/// Bars, box, snow, timecode, and a white flash at each full second.
#[derive(Debug)]
pub struct TestPicture {
    rate: FrameRate,
    /// What every frame starts from.
    base: Picture,
    /// The same with the bars turned white.
    flash: Picture,
    /// One row of random luma, longer than the picture is wide.
    snow: Box<[u8]>,
    pool: FramePool,
    regions: Regions,
}

/// The rows of the picture, top to bottom: bars, ramp, snow. All even.
#[derive(Clone, Copy, Debug)]
struct Regions {
    /// First row of the grey ramp.
    ramp: usize,
    /// First row of the snow.
    snow: usize,
    /// Rows of the picture.
    height: usize,
}

impl TestPicture {
    /// A test picture of this size at this rate.
    pub fn new(layout: Planes, rate: FrameRate) -> Self {
        let regions = Regions::of(layout);
        let mut base = Picture::black(layout);
        draw_bars(&mut base, &BARS, regions.ramp);
        draw_ramp(&mut base, regions.ramp..regions.snow);
        let mut flash = base.clone();
        draw_bars(&mut flash, &[[255; 3]], regions.ramp);
        Self {
            rate,
            base,
            flash,
            snow: random_luma(layout.width as usize + SNOW_SLACK),
            pool: FramePool::new(layout),
            regions,
        }
    }

    /// Whether the frame due at `due` is white: the first frame of a mark is, and
    /// those that are due well within it.
    fn is_flash(&self, due: MediaTime) -> bool {
        let half = self.rate.interval().as_micros() as i64 / 2;
        let second = (due.as_micros() + half).div_euclid(1_000_000);
        let start = mark_start(self.rate, second);
        let since = due.as_micros() - start.as_micros();
        since == 0 || (0..MARK_MS * 1_000 - half).contains(&since)
    }
}

impl VideoSource for TestPicture {
    fn frame(&mut self, due: MediaTime) -> Option<VideoFrame> {
        let base = if self.is_flash(due) { &self.flash } else { &self.base };
        let (regions, snow) = (self.regions, &self.snow);
        Some(self.pool.fill(due, |picture| {
            picture.bytes_mut().copy_from_slice(base.bytes());
            draw_box(picture, regions, due);
            draw_snow(picture, regions, snow, due);
            draw_timecode(picture, regions, due);
        }))
    }

    fn status(&self) -> SourceStatus {
        let layout = self.base.layout();
        SourceStatus {
            name: device::TEST_SIGNAL.into(),
            delivers: device::delivers::test_picture(layout.width, layout.height, self.rate),
            ..SourceStatus::default()
        }
    }
}

impl Regions {
    fn of(layout: Planes) -> Self {
        let height = layout.height as usize;
        let even = |rows: usize| rows / 2 * 2;
        let snow = height - even(height.div_ceil(20).max(2));
        let ramp = even(snow - (height / 12).min(snow));
        Self { ramp, snow, height }
    }
}

/// The bars: 75 % of white, yellow, cyan, green, magenta, red, blue.
const BARS: [[u8; 3]; 7] = [
    [191, 191, 191],
    [191, 191, 0],
    [0, 191, 191],
    [0, 191, 0],
    [191, 0, 191],
    [191, 0, 0],
    [0, 0, 191],
];

/// Upright bars of these colours over the first `rows` rows.
fn draw_bars(picture: &mut Picture, colours: &[[u8; 3]], rows: usize) {
    for (plane, part, rows) in
        [(Plane::Y, 0, rows), (Plane::U, 1, rows / 2), (Plane::V, 2, rows / 2)]
    {
        let stride = picture.layout().stride(plane);
        let row: Vec<u8> =
            (0..stride).map(|x| ycbcr(colours[x * colours.len() / stride])[part]).collect();
        for line in picture.plane_mut(plane).chunks_exact_mut(stride).take(rows) {
            line.copy_from_slice(&row);
        }
    }
}

/// Black to white from left to right.
fn draw_ramp(picture: &mut Picture, rows: std::ops::Range<usize>) {
    let stride = picture.layout().stride(Plane::Y);
    let span = usize::from(WHITE - BLACK);
    let row: Vec<u8> = (0..stride).map(|x| BLACK + (x * span / (stride - 1)) as u8).collect();
    let lines = picture.plane_mut(Plane::Y).chunks_exact_mut(stride);
    for line in lines.take(rows.end).skip(rows.start) {
        line.copy_from_slice(&row);
    }
}

/// A white box with a black core that runs to and fro under the timecode.
fn draw_box(picture: &mut Picture, regions: Regions, due: MediaTime) {
    let stride = picture.layout().stride(Plane::Y);
    let side = (regions.height / 8).min(regions.ramp).min(stride) / 2 * 2;
    let phase = due.as_micros().rem_euclid(SWEEP_MICROS);
    let way = if phase < SWEEP_MICROS / 2 { phase } else { SWEEP_MICROS - phase };
    let x = (stride - side) * way as usize / (SWEEP_MICROS / 2) as usize / 2 * 2;
    let y = (regions.ramp - side) * 3 / 4 / 2 * 2;
    fill(picture, [x, y, side, side], WHITE);
    let core = side / 4 * 2;
    let edge = (side - core) / 4 * 2;
    fill(picture, [x + edge, y + edge, core, core], BLACK);
}

/// A grey rectangle: left, upper edge, width, height, all even and inside.
fn fill(picture: &mut Picture, [x, y, width, height]: [usize; 4], luma: u8) {
    for (plane, value, div) in [(Plane::Y, luma, 1), (Plane::U, 128, 2), (Plane::V, 128, 2)] {
        let stride = picture.layout().stride(plane);
        let lines = picture.plane_mut(plane).chunks_exact_mut(stride);
        for line in lines.skip(y / div).take(height / div) {
            line[x / div..][..width / div].fill(value);
        }
    }
}

/// Rows of random luma. Each starts somewhere else in the one random row, so
/// that no frame predicts the next.
fn draw_snow(picture: &mut Picture, regions: Regions, snow: &[u8], due: MediaTime) {
    let stride = picture.layout().stride(Plane::Y);
    let mut random = Random(due.as_micros().unsigned_abs());
    let lines = picture.plane_mut(Plane::Y).chunks_exact_mut(stride);
    for line in lines.skip(regions.snow) {
        let start = random.next() as usize % SNOW_SLACK;
        line.copy_from_slice(&snow[start..start + stride]);
    }
}

/// Hours, minutes, seconds and milliseconds of the media clock.
fn draw_timecode(picture: &mut Picture, regions: Regions, due: MediaTime) {
    let text = timecode(due);
    let width = picture.layout().width as usize;
    let dots = text.len() * glyphs::PITCH;
    let scale = (width / 2 / dots).min(regions.ramp / 3 / glyphs::HEIGHT).max(1);
    let x = width.saturating_sub(dots * scale) / 2;
    let y = regions.ramp.saturating_sub(glyphs::HEIGHT * scale) / 4;
    Pen { x: x / 2 * 2, y: y / 2 * 2, scale, ink: WHITE, paper: BLACK }.write(picture, &text);
}

fn timecode(due: MediaTime) -> String {
    let millis = due.as_millis().max(0);
    let (seconds, millis) = (millis / 1_000, millis % 1_000);
    let (minutes, hours) = (seconds / 60 % 60, seconds / 3_600 % 100);
    format!("{hours:02}:{minutes:02}:{:02}.{millis:03}", seconds % 60)
}

/// A colour of 8-bit RGB in BT.709, limited range (ITU-R BT.709-6 §3).
fn ycbcr(rgb: [u8; 3]) -> [u8; 3] {
    let [r, g, b] = rgb.map(|part| f32::from(part) / 255.0);
    let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    let (cb, cr) = ((b - y) / 1.8556, (r - y) / 1.5748);
    [16.0 + 219.0 * y, 128.0 + 224.0 * cb, 128.0 + 224.0 * cr].map(|part| part.round() as u8)
}

/// Random luma around grey.
fn random_luma(len: usize) -> Box<[u8]> {
    let mut random = Random(0x7a11);
    (0..len).map(|_| GREY - 32 + (random.next() % 65) as u8).collect()
}

/// A small generator that gives the same numbers everywhere: each state is
/// scrambled by two multiplications.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean luma of the rows where the bars are.
    fn brightness(frame: &VideoFrame) -> u64 {
        let layout = frame.picture.layout();
        let rows = Regions::of(layout).ramp * layout.width as usize;
        let sum: u64 = frame.picture.plane(Plane::Y)[..rows].iter().map(|y| u64::from(*y)).sum();
        sum / rows as u64
    }

    #[test]
    fn flashes_start_at_the_full_second() {
        for rate in [FrameRate::whole(30), FrameRate::whole(25), FrameRate::whole(60)] {
            let mut source = TestPicture::new(Planes::new(320, 180), rate);
            for n in 0..u64::from(rate.num) * 2 {
                let frame = source.frame(rate.time_of(n)).unwrap();
                let in_second = n % u64::from(rate.num);
                let flash = in_second * 1_000 + 500 < 100 * u64::from(rate.num);
                assert_eq!(brightness(&frame) > 180, flash, "frame {n} at {rate}");
            }
        }
    }

    #[test]
    fn a_rate_that_misses_the_second_flashes_on_the_nearest_frame() {
        let rate = FrameRate { num: 30_000, den: 1_001 };
        let source = TestPicture::new(Planes::new(32, 32), rate);
        let mut starts = Vec::new();
        for n in 1..3_000 {
            if source.is_flash(rate.time_of(n)) && !source.is_flash(rate.time_of(n - 1)) {
                starts.push(rate.time_of(n).as_micros());
            }
        }
        assert!(starts.len() >= 99);
        for start in starts {
            let off = (start + 500_000).rem_euclid(1_000_000) - 500_000;
            assert!(off.abs() <= 16_684, "{off} µs from the second");
        }
    }

    #[test]
    fn any_size_and_rate_is_drawn() {
        for (width, height) in
            [(2, 2), (16, 16), (18, 90), (200, 2), (2, 200), (642, 362), (3840, 2160)]
        {
            let layout = Planes::new(width, height);
            let mut source = TestPicture::new(layout, FrameRate::whole(1));
            let frame = source.frame(MediaTime::from_millis(3_723_456)).unwrap();
            assert_eq!(frame.picture.layout(), layout);
        }
    }

    #[test]
    fn frames_are_the_same_each_time_and_differ_from_each_other() {
        let layout = Planes::new(64, 36);
        let frames = |at| {
            TestPicture::new(layout, FrameRate::whole(30))
                .frame(MediaTime::from_millis(at))
                .unwrap()
        };
        assert_eq!(frames(500).picture, frames(500).picture);
        assert_ne!(frames(500).picture, frames(533).picture);
    }

    #[test]
    fn bars_have_the_standard_levels() {
        // 75 % bars in BT.709: the levels that any vectorscope expects.
        assert_eq!(ycbcr([255; 3]), [235, 128, 128]);
        assert_eq!(ycbcr([0; 3]), [16, 128, 128]);
        assert_eq!(ycbcr([191, 191, 0]), [168, 44, 136]);
        assert_eq!(ycbcr([0, 0, 191]), [28, 212, 120]);
    }

    #[test]
    fn timecode_counts_like_a_clock() {
        assert_eq!(timecode(MediaTime::from_millis(3_723_456)), "01:02:03.456");
        assert_eq!(timecode(MediaTime::from_millis(-5)), "00:00:00.000");
    }
}
