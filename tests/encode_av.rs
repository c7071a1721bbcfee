//! The test signal through both encoders and through decoders that are not
//! ours: flash and beep must come out when they went in, and together.

use std::io::Write;
use std::process::{Command, Stdio};

use openh264::decoder::Decoder;
use openh264::formats::YUVSource;
use tallylight::encode::{AudioSettings, VideoSettings, open_audio, open_video};
use tallylight::media::{
    AudioBlock, BLOCK_FRAMES, FrameRate, MediaTime, Packet, Planes, SAMPLE_RATE,
};
use tallylight::source::{AudioSource, TestPicture, TestTone, VideoSource};

const SECONDS: i64 = 5;
const FPS: FrameRate = FrameRate::whole(30);

/// When the media clock stands at the first frame and block: not at zero, as in
/// a program that has been open for a while.
const START: MediaTime = MediaTime::from_millis(7_000);

fn after_start(offset: MediaTime) -> MediaTime {
    MediaTime::from_micros(START.as_micros() + offset.as_micros())
}

fn sound() -> Vec<Packet> {
    let mut tone = TestTone::new(FPS);
    let mut encoder = open_audio(&AudioSettings { kbps: 128 }).unwrap();
    let blocks = SECONDS * i64::from(SAMPLE_RATE) / BLOCK_FRAMES as i64;
    (0..blocks)
        .filter_map(|n| {
            let time = after_start(MediaTime::from_samples(n * BLOCK_FRAMES as i64, SAMPLE_RATE));
            let mut block = AudioBlock::silence(time);
            tone.read(&mut block);
            encoder.encode(&block).unwrap()
        })
        .collect()
}

/// A raw AAC-LC access unit, 48 kHz stereo, behind an ADTS header (ISO/IEC
/// 13818-7 §6.2) that a file of them needs.
fn adts(packet: &Packet) -> Vec<u8> {
    let len = packet.data.len() + 7;
    let [high, low] = (len as u16).to_be_bytes();
    let mut frame =
        vec![0xff, 0xf1, 0x4c, 0x80 | high >> 3, high << 5 | low >> 3, low << 5 | 0x1f, 0xfc];
    frame.extend_from_slice(&packet.data);
    frame
}

/// Decodes with ffmpeg: the left channel.
fn decode_sound(packets: &[Packet]) -> Vec<f32> {
    let mut ffmpeg = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-xerror",
            "-f",
            "aac",
            "-i",
            "-",
            "-f",
            "f32le",
            "-af",
            "pan=mono|c0=c0",
            "-",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("ffmpeg runs (Debian package ffmpeg)");
    let stream: Vec<u8> = packets.iter().flat_map(adts).collect();
    let mut stdin = ffmpeg.stdin.take().expect("a pipe was asked for");
    let writer = std::thread::spawn(move || stdin.write_all(&stream));
    let output = ffmpeg.wait_with_output().expect("ffmpeg ends");
    writer.join().expect("the writer does not panic").expect("ffmpeg takes it all");
    assert!(output.status.success());
    let (samples, rest) = output.stdout.as_chunks::<4>();
    assert!(rest.is_empty());
    samples.iter().map(|sample| f32::from_le_bytes(*sample)).collect()
}

/// Times at which sound starts after silence, in µs.
fn beeps(packets: &[Packet]) -> Vec<i64> {
    let samples = decode_sound(packets);
    let origin = packets[0].pts.as_micros();
    let mut beeps = Vec::new();
    let mut quiet = i64::MAX;
    for (n, sample) in samples.iter().enumerate() {
        if sample.abs() < 0.1 {
            quiet = quiet.saturating_add(1);
            continue;
        }
        if quiet > 2_000 {
            beeps.push(origin + n as i64 * 1_000_000 / i64::from(SAMPLE_RATE));
        }
        quiet = 0;
    }
    beeps
}

fn pictures() -> Vec<Packet> {
    let settings = VideoSettings {
        width: 320,
        height: 180,
        fps: FPS,
        kbps: 400,
        least_kbps: 0,
        keyframe_interval: 60,
    };
    let mut source = TestPicture::new(Planes::new(320, 180), FPS);
    let mut encoder = open_video(&settings).unwrap();
    (0..SECONDS as u64 * 30)
        .map(|n| {
            let frame = source.frame(after_start(FPS.time_of(n))).unwrap();
            encoder.encode(&frame, false).unwrap().expect("no frame is skipped")
        })
        .collect()
}

/// A packet as a byte stream with start codes (H.264 Annex B).
fn annex_b(packet: &Packet) -> Vec<u8> {
    let mut stream = Vec::new();
    let mut rest = &packet.data[..];
    while let Some((len, tail)) = rest.split_first_chunk::<4>() {
        let (nal, tail) = tail.split_at(u32::from_be_bytes(*len) as usize);
        stream.extend_from_slice(&[0, 0, 0, 1]);
        stream.extend_from_slice(nal);
        rest = tail;
    }
    stream
}

/// Times at which the picture turns white, in µs.
fn flashes(packets: &[Packet]) -> Vec<i64> {
    let mut decoder = Decoder::new().unwrap();
    let mut flashes = Vec::new();
    let mut white = false;
    for packet in packets {
        let picture =
            decoder.decode(&annex_b(packet)).unwrap().expect("each packet gives a picture");
        assert_eq!(picture.dimensions(), (320, 180));
        let luma: u64 = picture.y().iter().map(|y| u64::from(*y)).sum();
        let was_white = std::mem::replace(&mut white, luma / picture.y().len() as u64 > 170);
        if white && !was_white {
            flashes.push(packet.pts.as_micros());
        }
    }
    flashes
}

#[test]
fn beeps_come_out_on_the_second() {
    let beeps = beeps(&sound());
    let seconds: Vec<_> = beeps.iter().map(|at| (at + 500_000) / 1_000_000).collect();
    assert_eq!(seconds, [7, 8, 9, 10, 11]);
    // The first has no lead-in to decode from, and may be softened.
    for at in &beeps[1..] {
        let off = (at + 500_000) % 1_000_000 - 500_000;
        assert!(off.abs() < 1_000, "a beep {off} µs after its second");
    }
}

#[test]
fn flashes_come_out_on_the_second_and_with_the_beeps() {
    let (flashes, beeps) = (flashes(&pictures()), beeps(&sound()));
    assert_eq!(flashes, [7_000_000, 8_000_000, 9_000_000, 10_000_000, 11_000_000]);
    for (flash, beep) in flashes.iter().zip(&beeps) {
        assert!((flash - beep).abs() < 20_000, "{} µs apart", beep - flash);
    }
}
