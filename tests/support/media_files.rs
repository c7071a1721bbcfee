//! A stream as a file, made and looked at by ffmpeg.

use std::path::Path;

use super::tools::{Folder, Tool, text};

/// An encoded frame: what it belongs to, when, and a hash of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub video: bool,
    pub dts_ms: i64,
    pub pts_ms: i64,
    pub hash: String,
}

/// Seconds of a moving picture with B-frames, a keyframe each second, and a tone.
pub fn source(folder: &Folder, seconds: u32) -> std::path::PathBuf {
    let file = folder.file("source.flv");
    let line = format!(
        "-v error -f lavfi -i testsrc=size=320x240:rate=25 \
         -f lavfi -i sine=frequency=440:sample_rate=48000 -t {seconds} \
         -c:v libx264 -preset veryfast -bf 2 -g 25 -keyint_min 25 -sc_threshold 0 \
         -pix_fmt yuv420p -c:a aac -b:a 96k -f flv {}",
        text(&file)
    );
    Tool::start("ffmpeg", line.split_whitespace()).succeed();
    file
}

/// All frames of a file in decoding order.
pub fn frames(file: &Path) -> Vec<Frame> {
    let show = "packet=codec_type,pts_time,dts_time,data_hash";
    let arguments =
        ["-v", "error", "-show_data_hash", "md5", "-show_entries", show, "-of", "json", text(file)];
    let listing = Tool::start("ffprobe", arguments).succeed().stdout;
    let listing: serde_json::Value = serde_json::from_slice(&listing).expect("ffprobe prints JSON");
    let packets = listing["packets"].as_array().expect("ffprobe lists packets");
    // Notices of the server may stand in between, as a data stream.
    let media = packets.iter().filter(|packet| packet["codec_type"] != "data");
    media.map(frame).collect()
}

fn frame(packet: &serde_json::Value) -> Frame {
    let ms = |field: &str| {
        let seconds = packet[field].as_str().and_then(|text| text.parse::<f64>().ok());
        (seconds.expect("each packet has its times") * 1000.0).round() as i64
    };
    Frame {
        video: packet["codec_type"] == "video",
        dts_ms: ms("dts_time"),
        pts_ms: ms("pts_time"),
        hash: packet["data_hash"].as_str().expect("each packet has its hash").to_owned(),
    }
}

/// The pictures of a file, or its sound.
pub fn track(frames: &[Frame], video: bool) -> Vec<Frame> {
    frames.iter().filter(|frame| frame.video == video).cloned().collect()
}

/// Fails unless `played` is a piece of `source` without a gap: the same bytes in
/// the same order, the same times but for one shift of all.
pub fn assert_piece_of(played: &[Frame], source: &[Frame]) {
    for video in [true, false] {
        let (played, source) = (track(played, video), track(source, video));
        let first = played.first().expect("there is something of each track");
        let start = source.iter().position(|frame| frame.hash == first.hash);
        let start = start.unwrap_or_else(|| panic!("the first frame is another: {first:?}"));
        let shift = first.dts_ms - source[start].dts_ms;
        for (n, frame) in played.iter().enumerate() {
            let expected = source.get(start + n).expect("there is not more than was sent");
            let expected = Frame {
                dts_ms: expected.dts_ms + shift,
                pts_ms: expected.pts_ms + shift,
                ..expected.clone()
            };
            assert_eq!(*frame, expected, "frame {n}");
        }
    }
}

/// Fails unless all of a file decodes without a complaint. GStreamer's clock gives
/// two sounds the same millisecond now and then, in files of its own too.
pub fn assert_decodes(file: &Path) {
    let arguments = ["-v", "repeat+error", "-xerror", "-i", text(file), "-f", "null", "-"];
    let ended = Tool::start("ffmpeg", arguments).succeed();
    let same_time = "non monotonically increasing dts to muxer";
    let complaints: Vec<_> =
        ended.stderr.lines().filter(|line| !line.contains(same_time)).collect();
    assert!(complaints.is_empty(), "ffmpeg complains: {complaints:?}");
}
