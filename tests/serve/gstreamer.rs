//! The built-in server with GStreamer's RTMP elements, and with rtmpdump.

use std::path::Path;

use super::media_files::{Frame, assert_decodes, assert_piece_of, frames, source, track};
use super::tools::{Folder, Tool, require_elements, text, wait_until};
use super::{server, url};

fn gstreamer(pipeline: &str) -> Tool {
    require_elements(&[
        ("rtmp2sink", "gstreamer1.0-plugins-bad"),
        ("rtmp2src", "gstreamer1.0-plugins-bad"),
        ("flvmux", "gstreamer1.0-plugins-good"),
        ("h264parse", "gstreamer1.0-plugins-bad"),
        ("x264enc", "gstreamer1.0-plugins-ugly"),
        ("avenc_aac", "gstreamer1.0-libav"),
        ("videotestsrc", "gstreamer1.0-plugins-base"),
    ]);
    let arguments = ["-q", "-e"].into_iter().chain(pipeline.split_whitespace());
    Tool::start("gst-launch-1.0", arguments)
}

/// Four seconds of a test picture and a tone, in real time.
fn gstreamer_publisher(url: &str) -> Tool {
    gstreamer(&format!(
        "videotestsrc is-live=true num-buffers=100 ! video/x-raw,width=320,height=240,framerate=25/1 \
         ! x264enc tune=zerolatency key-int-max=25 ! h264parse ! flvmux name=mux streamable=true \
         ! rtmp2sink location={url} \
         audiotestsrc is-live=true samplesperbuffer=480 num-buffers=400 \
         ! audio/x-raw,rate=48000,channels=2 ! audioconvert ! avenc_aac ! aacparse ! mux."
    ))
}

fn ffmpeg_publisher(file: &Path, url: &str) -> Tool {
    let line = format!("-v error -re -i {} -c copy -f flv {url}", text(file));
    Tool::start("ffmpeg", line.split_whitespace())
}

/// Has a player wait, publishes a file to it, and gives both sides' frames.
fn played_by(name: &str, player: impl Fn(&str, &Path) -> Tool) -> (Vec<Frame>, Vec<Frame>) {
    let (server, folder) = (server(), Folder::new(name));
    let (sent, received) = (source(&folder, 3), folder.file("received.flv"));
    let player = player(&url(&server, "live/key"), &received);
    wait_until("the player waits", || server.status().players == 1);
    ffmpeg_publisher(&sent, &url(&server, "live/key")).succeed();
    player.succeed();
    (frames(&received), frames(&sent))
}

#[test]
fn gstreamer_publishes() {
    let (server, folder) = (server(), Folder::new("gstreamer-publishes"));
    let received = folder.file("received.flv");
    let line =
        format!("-v error -i {} -c copy -f flv {}", url(&server, "live/key"), text(&received));
    let player = Tool::start("ffmpeg", line.split_whitespace());
    wait_until("the player waits", || server.status().players == 1);
    gstreamer_publisher(&url(&server, "live/key")).succeed();
    player.succeed();
    let received_frames = frames(&received);
    assert_eq!(track(&received_frames, true).len(), 100, "each picture arrives");
    assert!(track(&received_frames, false).len() > 150, "four seconds of sound");
    for video in [true, false] {
        let times: Vec<_> = track(&received_frames, video).iter().map(|f| f.dts_ms).collect();
        let steps = times.windows(2).map(|pair| pair[1] - pair[0]);
        // Its muxer holds sound back to the picture's time, by less than three frames.
        assert!(steps.into_iter().all(|step| (0..=110).contains(&step)), "no leap: {times:?}");
    }
    assert_decodes(&received);
}

#[test]
fn gstreamer_plays() {
    let (received, sent) = played_by("gstreamer-plays", |url, file| {
        gstreamer(&format!("rtmp2src location={url} ! filesink location={}", text(file)))
    });
    assert_piece_of(&received, &sent);
    assert_eq!(track(&received, true).len(), track(&sent, true).len());
}

#[test]
fn rtmpdump_plays() {
    let (received, sent) = played_by("rtmpdump-plays", |url, file| {
        Tool::start("rtmpdump", ["-q", "--live", "-r", url, "-o", text(file)])
    });
    assert_piece_of(&received, &sent);
    assert_eq!(track(&received, true).len(), track(&sent, true).len());
}
