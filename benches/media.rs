//! What a frame costs: the test signal, the pixel work, the encoders.

use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tallylight::encode::{AudioSettings, VideoSettings, open_audio, open_video};
use tallylight::media::{
    AudioBlock, BLOCK_FRAMES, FrameRate, MediaTime, Picture, Planes, SAMPLE_RATE, VideoFrame,
};
use tallylight::mix::{Delivery, Intake, Mixer};
use tallylight::scene::{Colour, Compositor, Converter, RawFormat, RawImage};
use tallylight::source::{AudioSource, TestPicture, TestTone, VideoSource};

const FPS: FrameRate = FrameRate::whole(30);
const SIZES: [(u32, u32); 3] = [(1280, 720), (1920, 1080), (3840, 2160)];

/// The test signal's picture, drawn anew for each frame.
fn test_picture(c: &mut Criterion) {
    let mut group = c.benchmark_group("test picture");
    for (width, height) in SIZES {
        let layout = Planes::new(width, height);
        let mut source = TestPicture::new(layout, FPS);
        let mut index = 0;
        group.throughput(Throughput::Bytes(layout.len() as u64));
        group.bench_function(format!("{width}x{height}"), |b| {
            b.iter(|| {
                index += 1;
                source.frame(FPS.time_of(index))
            });
        });
    }
    group.finish();
}

/// Raw formats of cameras, with their bytes at 1080p.
const RAW: [(RawFormat, usize); 9] = [
    (RawFormat::Yuyv, 1920 * 1080 * 2),
    (RawFormat::Uyvy, 1920 * 1080 * 2),
    (RawFormat::Nv12, 1920 * 1080 * 3 / 2),
    (RawFormat::Nv21, 1920 * 1080 * 3 / 2),
    (RawFormat::I420, 1920 * 1080 * 3 / 2),
    (RawFormat::Yv12, 1920 * 1080 * 3 / 2),
    (RawFormat::Grey, 1920 * 1080),
    (RawFormat::Rgb, 1920 * 1080 * 3),
    (RawFormat::Bgr, 1920 * 1080 * 3),
];

/// Bytes that look like a picture to what works on them: no two alike.
fn pixels(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n * 7 + n / 1_920) as u8).collect()
}

/// A camera's picture onto the canvas, each beside a plain copy of the same
/// bytes: as cameras send it (BT.601), and with the canvas's own colours.
fn conversion(c: &mut Criterion) {
    let mut group = c.benchmark_group("conversion 1080p");
    group.sample_size(40).measurement_time(std::time::Duration::from_secs(2));
    let mut picture = Picture::black(Planes::new(1920, 1080));
    for (format, len) in RAW {
        let bytes = pixels(len);
        let mut copy = vec![0; len];
        group.throughput(Throughput::Bytes(len as u64));
        group.bench_function(format!("{format:?} copied"), |b| {
            b.iter(|| copy.copy_from_slice(std::hint::black_box(&bytes)));
        });
        for (name, colour) in [("from BT.601", Colour::CAMERA), ("as it is", Colour::CANVAS)] {
            let mut converter = Converter::default();
            let image = RawImage { colour, ..RawImage::packed(format, 1920, 1080, &bytes) };
            group.bench_function(format!("{format:?} {name}"), |b| {
                b.iter(|| converter.convert(std::hint::black_box(&image), &mut picture));
            });
        }
    }
    group.finish();
}

/// A camera's picture scaled to the output.
fn scaling(c: &mut Criterion) {
    let mut group = c.benchmark_group("scaling");
    for (from, to) in [((640, 480), (640, 360)), ((1920, 1080), (1280, 720))] {
        let mut compositor = Compositor::new(Planes::new(to.0, to.1));
        // Two pictures in turn: one that was scaled already costs nothing.
        let pictures = [0, 1].map(|n| {
            let mut picture = Picture::black(Planes::new(from.0, from.1));
            for plane in picture.planes_mut() {
                plane.copy_from_slice(&pixels(plane.len() + n)[n..]);
            }
            VideoFrame { time: MediaTime::ZERO, picture: Arc::new(picture) }
        });
        let mut index = 0;
        group.bench_function(format!("{}x{} to {}x{}", from.0, from.1, to.0, to.1), |b| {
            b.iter(|| {
                index += 1;
                compositor.compose(Some(&pictures[index % 2]), MediaTime::ZERO)
            });
        });
    }
    group.finish();
}

/// A camera's JPEG picture onto the canvas (ffmpeg's testsrc2, 4:2:2, 77 kB).
fn jpeg(c: &mut Criterion) {
    const JPEG: &[u8] = include_bytes!("../tests/fixtures/media/pattern_1920x1080.jpg");
    let mut group = c.benchmark_group("conversion JPEG");
    group.sample_size(30);
    let mut picture = Picture::black(Planes::new(1920, 1080));
    let mut converter = Converter::default();
    let image = RawImage::packed(RawFormat::Mjpeg, 1920, 1080, JPEG);
    group.bench_function("1080p", |b| {
        b.iter(|| converter.convert(std::hint::black_box(&image), &mut picture));
    });
    group.finish();
}

/// One block of 1024 frames from a microphone at 44.1 kHz: resampled, limited,
/// metered.
fn microphone(c: &mut Criterion) {
    let mut intake = Intake::new(44_100, 2).expect("a usual rate");
    let mut mixer = Mixer::default();
    let samples = vec![0.1_f32; 941 * 2];
    let mut block = vec![0.0; BLOCK_FRAMES * 2];
    let (mut frames, mut at) = (0, MediaTime::ZERO);
    c.bench_function("microphone, 1024 frames", |b| {
        b.iter(|| {
            frames += 941;
            at = MediaTime::from_samples(frames as i64, 44_100);
            intake.push(&samples);
            intake.note(Delivery { frames, at, lump: 941 });
            intake.fill(&mut block, at);
            mixer.process(&mut block);
        });
    });
}

/// One frame through the video encoder, at the bitrates people use.
fn video_encoder(c: &mut Criterion) {
    let mut group = c.benchmark_group("H.264");
    group.sample_size(30);
    for (width, height, kbps) in [(1280, 720, 2500), (1920, 1080, 6000)] {
        let settings =
            VideoSettings { width, height, fps: FPS, kbps, least_kbps: 0, keyframe_interval: 60 };
        let mut source = TestPicture::new(Planes::new(width, height), FPS);
        let mut encoder = open_video(&settings).expect("the settings are ordinary");
        let mut index = 0;
        group.bench_function(format!("{width}x{height} {kbps} kbit/s"), |b| {
            b.iter(|| {
                index += 1;
                let frame =
                    source.frame(FPS.time_of(index)).expect("the test signal always has one");
                encoder.encode(&frame, false).expect("it encodes")
            });
        });
    }
    group.finish();
}

/// One block of 1024 frames through the tone and the audio encoder.
fn audio_encoder(c: &mut Criterion) {
    let mut tone = TestTone::new(FPS);
    let mut encoder = open_audio(&AudioSettings { kbps: 128 }).expect("the settings are ordinary");
    let mut block = AudioBlock::silence(MediaTime::ZERO);
    let mut index = 0;
    c.bench_function("tone and AAC, 1024 frames", |b| {
        b.iter(|| {
            block.time = MediaTime::from_samples(index * BLOCK_FRAMES as i64, SAMPLE_RATE);
            index += 1;
            tone.read(&mut block);
            encoder.encode(&block).expect("it encodes")
        });
    });
}

criterion_group!(
    benches,
    test_picture,
    conversion,
    scaling,
    jpeg,
    microphone,
    video_encoder,
    audio_encoder
);
criterion_main!(benches);
