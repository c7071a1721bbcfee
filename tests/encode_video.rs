//! The H.264 encoder seen from outside: what it writes is read by a parser and a
//! decoder that are not ours.

use std::io::Write;
use std::process::{Command, Stdio};

use h264_reader::Context;
use h264_reader::avcc::AvcDecoderConfigurationRecord;
use h264_reader::nal::sps::{ProfileIdc, SeqParameterSet};
use openh264::decoder::Decoder;
use openh264::formats::YUVSource;
use tallylight::encode::{Error, VideoEncoder, VideoSettings, open_video};
use tallylight::media::{
    Effort, FramePool, FrameRate, Packet, Plane, Planes, TrackConfig, VideoConfig, VideoFrame,
};
use tallylight::source::{TestPicture, VideoSource};

/// Small, so that the tests are quick.
const SETTINGS: VideoSettings = VideoSettings {
    width: 320,
    height: 180,
    fps: FrameRate::whole(30),
    kbps: 400,
    least_kbps: 0,
    keyframe_interval: 60,
};

/// The test signal of these settings, frame by frame.
fn signal(settings: VideoSettings) -> impl FnMut(u64) -> VideoFrame {
    let mut source = TestPicture::new(Planes::new(settings.width, settings.height), settings.fps);
    move |n| source.frame(settings.fps.time_of(n)).expect("the test signal always has a frame")
}

/// Encodes `frames` frames of the test signal; those in `forced` as keyframes.
fn encode(
    encoder: &mut dyn VideoEncoder,
    settings: VideoSettings,
    frames: u64,
    forced: &[u64],
) -> Vec<Packet> {
    let mut signal = signal(settings);
    (0..frames)
        .map(|n| {
            let packet = encoder.encode(&signal(n), forced.contains(&n)).expect("it encodes");
            packet.expect("no frame is skipped")
        })
        .collect()
}

/// The NAL units of a packet, checked to fill it exactly.
fn nals(packet: &Packet) -> Vec<&[u8]> {
    let mut rest = &packet.data[..];
    let mut nals = Vec::new();
    while let Some((len, tail)) = rest.split_first_chunk::<4>() {
        let len = u32::from_be_bytes(*len) as usize;
        assert!((1..=tail.len()).contains(&len), "a length of {len} with {} left", tail.len());
        let (nal, tail) = tail.split_at(len);
        nals.push(nal);
        rest = tail;
    }
    assert!(rest.is_empty());
    nals
}

fn nal_types(packet: &Packet) -> Vec<u8> {
    nals(packet).iter().map(|nal| nal[0] & 0x1f).collect()
}

fn video_config(encoder: &dyn VideoEncoder) -> VideoConfig {
    match encoder.config() {
        Some(TrackConfig::Video(config)) => config.clone(),
        other => panic!("no video configuration: {other:?}"),
    }
}

fn sps(config: &VideoConfig) -> SeqParameterSet {
    let record = AvcDecoderConfigurationRecord::try_from(&config.decoder_config[..])
        .expect("an avcC record");
    let context: Context = record.create_context().expect("parameter sets that parse");
    context.sps().next().expect("one SPS").clone()
}

fn keyframes(packets: &[Packet]) -> Vec<usize> {
    packets.iter().enumerate().filter(|(_, packet)| packet.keyframe).map(|(n, _)| n).collect()
}

#[test]
fn keyframes_come_at_the_interval_and_nowhere_else() {
    let mut encoder = open_video(&SETTINGS).unwrap();
    let packets = encode(&mut *encoder, SETTINGS, 200, &[]);
    assert_eq!(keyframes(&packets), [0, 60, 120, 180]);
    for packet in &packets {
        let idr = nal_types(packet).contains(&5);
        assert_eq!(idr, packet.keyframe);
        assert_eq!(packet.pts, packet.dts);
    }
}

#[test]
fn a_forced_keyframe_restarts_the_count() {
    let mut encoder = open_video(&SETTINGS).unwrap();
    let packets = encode(&mut *encoder, SETTINGS, 180, &[70, 71, 140]);
    assert_eq!(keyframes(&packets), [0, 60, 70, 71, 131, 140]);
}

#[test]
fn a_packet_is_one_access_unit_without_padding() {
    let mut encoder = open_video(&SETTINGS).unwrap();
    for packet in encode(&mut *encoder, SETTINGS, 70, &[]) {
        let expected: &[u8] = if packet.keyframe { &[7, 8, 5] } else { &[1] };
        assert_eq!(nal_types(&packet), expected);
    }
}

#[test]
fn the_first_nal_unit_is_not_mistaken_for_a_start_code() {
    // A length of 256 to 511 reads 00 00 01 xx; one server then takes the
    // stream for Annex B and hangs up.
    let mut encoder = open_video(&SETTINGS).unwrap();
    let packets = encode(&mut *encoder, SETTINGS, 1, &[]);
    assert!(!(256..512).contains(&nals(&packets[0])[0].len()));
}

#[test]
fn parameter_sets_say_what_was_asked_for() {
    for (width, height) in [(1280, 720), (1920, 1080), (640, 362), (320, 180)] {
        let settings = VideoSettings { width, height, ..SETTINGS };
        let mut encoder = open_video(&settings).unwrap();
        encode(&mut *encoder, settings, 1, &[]);
        let config = video_config(&*encoder);
        let sps = sps(&config);
        assert_eq!(sps.pixel_dimensions().unwrap(), (width, height));
        assert_eq!(ProfileIdc::from(config.decoder_config[1]), ProfileIdc::from(77));
        let vui = sps.vui_parameters.expect("VUI");
        let signal = vui.video_signal_type.expect("a video signal type");
        assert!(!signal.video_full_range_flag);
        let colour = signal.colour_description.expect("a colour description");
        let codes =
            (colour.colour_primaries, colour.transfer_characteristics, colour.matrix_coefficients);
        assert_eq!(codes, (1, 1, 1), "BT.709 (H.264 tables E-3 to E-5)");
        let restrictions = vui.bitstream_restrictions.expect("a bitstream restriction");
        assert_eq!(restrictions.max_num_reorder_frames, 0, "no decoder waits for reordering");
    }
}

#[test]
fn parameter_sets_never_change() {
    let mut encoder = open_video(&SETTINGS).unwrap();
    let mut signal = signal(SETTINGS);
    let mut sets = std::collections::HashSet::new();
    for n in 0..240 {
        if n == 90 {
            encoder.set_bitrate(150).unwrap();
            encoder.set_effort(Effort::Least).unwrap();
        }
        if n == 150 {
            encoder.set_bitrate(600).unwrap();
            encoder.set_effort(Effort::Alone).unwrap();
        }
        let packet = encoder.encode(&signal(n), n == 200).unwrap().unwrap();
        let found: Vec<_> = nals(&packet)
            .iter()
            .filter(|nal| matches!(nal[0] & 0x1f, 7 | 8))
            .map(|n| n.to_vec())
            .collect();
        assert_eq!(found.is_empty(), !packet.keyframe);
        if packet.keyframe {
            sets.insert(found);
        }
    }
    assert_eq!(sets.len(), 1);
    let config = video_config(&*encoder);
    let sets = sets.into_iter().next().unwrap();
    assert!(
        sets.iter().all(|set| config.decoder_config.windows(set.len()).any(|part| part == set))
    );
}

/// Each thread writes a slice of its own. The change breaks all prediction: who
/// needs more threads gets a keyframe for it at once, fewer wait for the next one.
#[test]
fn work_is_shared_at_once_and_alone_from_the_next_keyframe_on() {
    let settings = VideoSettings { width: 640, height: 480, kbps: 1_000, ..SETTINGS };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let mut encoder = open_video(&settings).unwrap();
    let mut signal = signal(settings);
    let mut decoder = Decoder::new().unwrap();
    for n in 0..240 {
        match n {
            30 => encoder.set_effort(Effort::Shared).unwrap(),
            100 => encoder.set_effort(Effort::Least).unwrap(),
            160 => encoder.set_effort(Effort::Alone).unwrap(),
            _ => {}
        }
        let shared = threads > 1 && (30..210).contains(&n);
        let keyframes: &[u64] =
            if threads > 1 { &[0, 30, 90, 150, 210] } else { &[0, 60, 120, 180] };
        let frame = signal(n);
        let packet = encoder.encode(&frame, false).unwrap().expect("no frame is skipped");
        assert_eq!(packet.keyframe, keyframes.contains(&n), "frame {n}");
        let slices = nal_types(&packet).iter().filter(|kind| matches!(kind, 1 | 5)).count();
        assert_eq!(slices, if shared { threads } else { 1 }, "frame {n}");
        let annex_b = nals(&packet).join(&[0, 0, 0, 1][..]);
        let picture = decoder.decode(&[&[0, 0, 0, 1][..], &annex_b].concat()).unwrap();
        let picture = picture.expect("each packet is a whole picture");
        let (width, stride) = (settings.width as usize, picture.strides().0);
        let luma: Vec<u8> =
            picture.y().chunks_exact(stride).flat_map(|row| &row[..width]).copied().collect();
        assert!(off(&luma, frame.picture.plane(Plane::Y)) < 6.0, "frame {n}");
    }
}

/// How far two planes are apart on average.
fn off(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    let sum: u64 = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.len() as f64
}

/// The bitrate of some packets at 30 fps, in kbit/s.
fn kbps(packets: &[Packet]) -> f64 {
    let bytes: usize = packets.iter().map(|packet| packet.data.len()).sum();
    bytes as f64 * 8.0 / 1e3 * 30.0 / packets.len() as f64
}

fn close(kbps: f64, wanted: u32, percent: f64) {
    let off = (kbps / f64::from(wanted) - 1.0) * 100.0;
    assert!(off.abs() <= percent, "{kbps:.0} instead of {wanted} kbit/s");
}

#[test]
fn the_bitrate_is_held_on_the_test_signal() {
    for (width, height, kbps_asked) in [(1280, 720, 2500), (320, 180, 400), (640, 360, 2500)] {
        let settings = VideoSettings { width, height, kbps: kbps_asked, ..SETTINGS };
        let mut encoder = open_video(&settings).unwrap();
        let packets = encode(&mut *encoder, settings, 300, &[]);
        close(kbps(&packets), kbps_asked, 5.0);
        for window in packets.windows(60).step_by(10) {
            close(kbps(window), kbps_asked, 10.0);
        }
    }
}

#[test]
fn the_bitrate_is_held_on_noise() {
    let settings = VideoSettings { kbps: 1000, ..SETTINGS };
    let mut encoder = open_video(&settings).unwrap();
    let layout = Planes::new(settings.width, settings.height);
    let mut pool = FramePool::new(layout);
    let mut random = 1_u64;
    let mut packets = Vec::new();
    for n in 0..300 {
        let frame = pool.fill(settings.fps.time_of(n), |picture| {
            for byte in picture.bytes_mut() {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                *byte = (random >> 56) as u8;
            }
        });
        packets.push(encoder.encode(&frame, false).unwrap().expect("no frame is skipped"));
    }
    close(kbps(&packets), 1000, 5.0);
    for window in packets[60..].windows(60).step_by(10) {
        close(kbps(window), 1000, 15.0);
    }
}

#[test]
fn a_new_bitrate_is_held_after_a_second() {
    let mut encoder = open_video(&SETTINGS).unwrap();
    let mut signal = signal(SETTINGS);
    let mut packets = Vec::new();
    for n in 0..540 {
        match n {
            180 => encoder.set_bitrate(150).unwrap(),
            360 => encoder.set_bitrate(500).unwrap(),
            _ => {}
        }
        packets.push(encoder.encode(&signal(n), false).unwrap().expect("no frame is skipped"));
    }
    close(kbps(&packets[60..180]), 400, 10.0);
    close(kbps(&packets[210..330]), 150, 10.0);
    close(kbps(&packets[390..510]), 500, 10.0);
}

/// Frames that the controller leaves out are not paid for: those that are left get
/// their bits.
#[test]
fn the_bitrate_is_held_however_many_frames_are_left_out() {
    let sizes = [(640, 360), (1280, 720)];
    for ((width, height), divisor) in sizes.into_iter().flat_map(|s| (1..=4).map(move |d| (s, d))) {
        let settings = VideoSettings { width, height, kbps: 250, ..SETTINGS };
        let mut encoder = open_video(&settings).unwrap();
        let mut signal = signal(settings);
        let mut bytes = 0;
        for n in 0..360_u64 {
            let frame = signal(n);
            if n % divisor == 0 {
                // As the encode thread does: by time.
                let packet = encoder.encode(&frame, n % 60 < divisor).unwrap();
                let packet = packet.expect("no frame is skipped");
                bytes += if n < 120 { 0 } else { packet.data.len() };
            }
        }
        let kbps = bytes as f64 * 8.0 / 1e3 / 8.0;
        println!("{width}x{height}, every {divisor}. frame: {kbps:.1} kbit/s");
        close(kbps, 250, 5.0);
    }
}

/// Where even the coarsest picture is too much the one before is shown once more, and
/// that is said.
#[test]
fn a_picture_that_is_shown_once_more_is_said_to_be() {
    let settings = VideoSettings { kbps: 100, ..SETTINGS };
    let mut encoder = open_video(&settings).unwrap();
    let mut decoder = Decoder::new().unwrap();
    let mut pool = FramePool::new(Planes::new(settings.width, settings.height));
    let (mut random, mut held, mut before) = (1_u64, 0, Vec::new());
    for n in 0..90 {
        let frame = pool.fill(settings.fps.time_of(n), |picture| {
            for byte in picture.bytes_mut() {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                *byte = (random >> 56) as u8;
            }
        });
        let packet = encoder.encode(&frame, false).unwrap().expect("no frame is skipped");
        let annex_b = nals(&packet).join(&[0, 0, 0, 1][..]);
        let picture = decoder.decode(&[&[0, 0, 0, 1][..], &annex_b].concat()).unwrap();
        let luma = picture.expect("each packet is a whole picture").y().to_vec();
        if n > 0 {
            assert_eq!(off(&luma, &before) < 1.0, encoder.held(), "frame {n}");
        }
        held += u32::from(encoder.held());
        before = luma;
    }
    assert!((10..89).contains(&held), "{held} of 90");
}

#[test]
fn a_still_picture_gives_a_packet_each_frame() {
    let mut encoder = open_video(&SETTINGS).unwrap();
    let still = signal(SETTINGS)(15);
    for n in 0..90 {
        let frame = VideoFrame { time: SETTINGS.fps.time_of(n), picture: still.picture.clone() };
        let packet = encoder.encode(&frame, false).unwrap().expect("no frame is skipped");
        assert!(!packet.data.is_empty());
        assert_eq!(packet.pts, frame.time);
    }
}

/// What ffmpeg says while it decodes a byte stream (H.264 Annex B).
fn ffmpeg_complaints(stream: Vec<u8>) -> String {
    let mut ffmpeg = Command::new("ffmpeg")
        .args(["-v", "warning", "-xerror", "-f", "h264", "-i", "-", "-f", "null", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ffmpeg runs (Debian package ffmpeg)");
    let mut stdin = ffmpeg.stdin.take().expect("a pipe was asked for");
    let writer = std::thread::spawn(move || stdin.write_all(&stream));
    let output = ffmpeg.wait_with_output().expect("ffmpeg ends");
    writer.join().expect("the writer does not panic").expect("ffmpeg takes it all");
    assert!(output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A still picture, filled up: other parsers know the filler for what it is, and a
/// decoder skips it.
#[test]
fn a_still_picture_is_filled_up_to_the_least_bitrate() {
    let settings = VideoSettings { least_kbps: 300, ..SETTINGS };
    let mut encoder = open_video(&settings).unwrap();
    let still = signal(settings)(15);
    let mut decoder = Decoder::new().unwrap();
    let (mut packets, mut stream) = (Vec::new(), Vec::new());
    for n in 0..300 {
        let frame = VideoFrame { time: settings.fps.time_of(n), picture: still.picture.clone() };
        let packet = encoder.encode(&frame, false).unwrap().expect("no frame is skipped");
        let types = nal_types(&packet);
        let filler = types.iter().position(|kind| *kind == 12);
        assert!(filler.is_none_or(|at| at + 1 == types.len()), "the last: {types:?}");
        let annex_b = nals(&packet).join(&[0, 0, 0, 1][..]);
        let picture = decoder.decode(&[&[0, 0, 0, 1][..], &annex_b].concat()).unwrap();
        assert!(picture.is_some(), "frame {n} is a whole picture");
        stream.extend([&[0, 0, 0, 1][..], &annex_b].concat());
        packets.push(packet);
    }
    assert_eq!(ffmpeg_complaints(stream), "");
    close(kbps(&packets[60..]), 300, 5.0);
    encoder.set_bitrate(100).unwrap();
    let frames = 300..600;
    let narrow: Vec<Packet> = frames
        .map(|n| {
            let frame =
                VideoFrame { time: settings.fps.time_of(n), picture: still.picture.clone() };
            encoder.encode(&frame, false).unwrap().expect("no frame is skipped")
        })
        .collect();
    close(kbps(&narrow[60..]), 100, 10.0);
}

#[test]
fn what_it_cannot_do_is_refused() {
    let refused = |settings| matches!(open_video(&settings), Err(Error::Unsupported { .. }));
    assert!(refused(VideoSettings { kbps: 0, ..SETTINGS }));
    assert!(refused(VideoSettings { kbps: u32::MAX, ..SETTINGS }));
    assert!(refused(VideoSettings { width: 8, ..SETTINGS }));
    assert!(refused(VideoSettings { width: 100_000, height: 100_000, ..SETTINGS }));
    assert!(refused(VideoSettings { keyframe_interval: 0, ..SETTINGS }));
    let mut encoder = open_video(&SETTINGS).unwrap();
    assert!(encoder.set_bitrate(0).is_err());
    let other = VideoSettings { width: 640, ..SETTINGS };
    assert!(matches!(encoder.encode(&signal(other)(0), false), Err(Error::Unsupported { .. })));
}
