//! What a frame costs: the test signal, the pixel work, the encoders.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tallylight::encode::{AudioSettings, VideoSettings, open_audio, open_video};
use tallylight::media::{AudioBlock, BLOCK_FRAMES, FrameRate, MediaTime, Planes, SAMPLE_RATE};
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

/// One frame through the video encoder, at the bitrates people use.
fn video_encoder(c: &mut Criterion) {
    let mut group = c.benchmark_group("H.264");
    group.sample_size(30);
    for (width, height, kbps) in [(1280, 720, 2500), (1920, 1080, 6000)] {
        let settings = VideoSettings { width, height, fps: FPS, kbps, keyframe_interval: 60 };
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
    let mut tone = TestTone::new();
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

criterion_group!(benches, test_picture, video_encoder, audio_encoder);
criterion_main!(benches);
