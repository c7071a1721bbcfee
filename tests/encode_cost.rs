//! What the codecs alone cost: the yardstick for what a whole stream costs. Prints
//! and judges nothing; to be run optimised and beside `tallylight publish`.

use std::fs;

use tallylight::encode::{AudioSettings, VideoSettings, open_audio, open_video};
use tallylight::media::{AudioBlock, BLOCK_FRAMES, FrameRate, MediaTime, Planes, SAMPLE_RATE};
use tallylight::source::{AudioSource, TestPicture, TestTone, VideoSource};

const SECONDS: i64 = 60;
const FPS: FrameRate = FrameRate::whole(30);

/// Processor time of this process so far, in ms, over all its threads.
fn processor_ms() -> u64 {
    let tasks = fs::read_dir("/proc/self/task").expect("this is for Linux");
    let ns = tasks.map(|task| -> u64 {
        let path = task.expect("it can be listed").path().join("schedstat");
        let text = fs::read_to_string(path).expect("the kernel counts");
        text.split(' ').next().and_then(|ns| ns.parse().ok()).expect("a number")
    });
    ns.sum::<u64>() / 1_000_000
}

/// Runs `work` and adds its processor time to `sum`.
fn timed<T>(sum: &mut u64, work: impl FnOnce() -> T) -> T {
    let before = processor_ms();
    let result = work();
    *sum += processor_ms() - before;
    result
}

/// Frames are made a second at a time, and only their encoding is counted.
#[test]
#[ignore = "prints a figure and judges nothing; ten seconds if optimised"]
fn of_sixty_seconds() {
    let settings = VideoSettings {
        width: 1_280,
        height: 720,
        fps: FPS,
        kbps: 2_500,
        least_kbps: 0,
        keyframe_interval: 60,
    };
    let mut source = TestPicture::new(Planes::new(1_280, 720), FPS);
    let mut encoder = open_video(&settings).expect("the settings are fine");
    let mut video = 0;
    for second in 0..SECONDS as u64 {
        let frames = (0..30).map(|n| source.frame(FPS.time_of(second * 30 + n)));
        let frames: Vec<_> = frames.map(|frame| frame.expect("there is always one")).collect();
        timed(&mut video, || {
            for frame in &frames {
                encoder.encode(frame, false).expect("it encodes");
            }
        });
    }
    let mut tone = TestTone::new(FPS);
    let mut encoder = open_audio(&AudioSettings { kbps: 128 }).expect("the settings are fine");
    let blocks: Vec<_> = (0..SECONDS * i64::from(SAMPLE_RATE) / BLOCK_FRAMES as i64)
        .map(|n| {
            let time = MediaTime::from_samples(n * BLOCK_FRAMES as i64, SAMPLE_RATE);
            let mut block = AudioBlock::silence(time);
            tone.read(&mut block);
            block
        })
        .collect();
    let mut audio = 0;
    timed(&mut audio, || {
        for block in &blocks {
            encoder.encode(block).expect("it encodes");
        }
    });
    println!("codecs alone, {SECONDS} s of 720p30: video {video} ms, audio {audio} ms");
}
