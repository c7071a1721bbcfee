//! The built-in server with ffmpeg, which publishes to it and plays from it.

use std::path::Path;

use super::media_files::{assert_decodes, assert_piece_of, frames, source, track};
use super::tools::{Folder, Tool, text, wait_until};
use super::{server, url};

/// Publishes a file in real time, over and over if told so.
fn publish(file: &Path, url: &str, over_and_over: bool) -> Tool {
    let again = if over_and_over { "-stream_loop -1" } else { "" };
    let line = format!("-v error -re {again} -i {} -c copy -f flv {url}", text(file));
    Tool::start("ffmpeg", line.split_whitespace())
}

/// Plays into a file, until the end or for some seconds.
fn play(url: &str, file: &Path, seconds: Option<u32>) -> Tool {
    let limit = seconds.map(|seconds| format!("-t {seconds}")).unwrap_or_default();
    let line = format!("-v error {limit} -i {url} -c copy -f flv {}", text(file));
    Tool::start("ffmpeg", line.split_whitespace())
}

#[test]
fn a_player_that_came_first_gets_all_that_is_published() {
    let (server, folder) = (server(), Folder::new("ffmpeg-first"));
    let (sent, received) = (source(&folder, 4), folder.file("received.flv"));
    let player = play(&url(&server, "live/key"), &received, None);
    wait_until("the player waits", || server.status().players == 1);
    publish(&sent, &url(&server, "live/key"), false).succeed();
    player.succeed();
    let (sent, received_frames) = (frames(&sent), frames(&received));
    assert_piece_of(&received_frames, &sent);
    assert_eq!(track(&received_frames, true).len(), track(&sent, true).len());
    assert_decodes(&received);
    wait_until("all have gone", || server.status().connections == 0);
    let status = server.status();
    assert_eq!((status.publishers, status.players, status.streams.len()), (0, 0, 0));
}

#[test]
fn a_player_that_comes_later_starts_at_once_on_a_keyframe() {
    let (server, folder) = (server(), Folder::new("ffmpeg-late"));
    let (sent, received) = (source(&folder, 4), folder.file("received.flv"));
    let _publisher = publish(&sent, &url(&server, "live/key?token=1"), true);
    wait_until("two seconds were published", || server.status().bytes_in > 60_000);
    play(&url(&server, "live/key"), &received, Some(2)).succeed();
    let received_frames = frames(&received);
    // ffmpeg starts the clock anew with each round, so only the start is compared.
    let pictures = track(&received_frames, true);
    let keyframes: Vec<_> = track(&frames(&sent), true).into_iter().step_by(25).collect();
    assert!(keyframes.iter().any(|key| key.hash == pictures[0].hash), "starts on a keyframe");
    assert!(received_frames[0].dts_ms.abs() < 100, "times start at 0: {:?}", received_frames[0]);
    assert_decodes(&received);
}

#[test]
fn a_second_publisher_of_the_same_name_is_refused() {
    let (server, folder) = (server(), Folder::new("ffmpeg-second"));
    let sent = source(&folder, 2);
    let mut first = publish(&sent, &url(&server, "live/key"), true);
    wait_until("the first publishes", || server.status().publishers == 1);
    let second = publish(&sent, &url(&server, "live/key"), false).wait();
    assert!(!second.status.success());
    assert!(second.stderr.contains("Already publishing"), "{}", second.stderr);
    let before = server.status().bytes_in;
    wait_until("the first goes on", || server.status().bytes_in > before + 50_000);
    assert!(first.is_running());
    publish(&sent, &url(&server, "live/other"), false).succeed();
}

#[test]
fn a_publisher_that_was_lost_and_comes_back_finds_its_players() {
    let (server, folder) = (server(), Folder::new("ffmpeg-back"));
    let (sent, received) = (source(&folder, 2), folder.file("received.flv"));
    let player = play(&url(&server, "live/key"), &received, None);
    wait_until("the player waits", || server.status().players == 1);
    let mut first = publish(&sent, &url(&server, "live/key"), true);
    wait_until("some was played", || server.status().bytes_out > 100_000);
    first.kill();
    wait_until("it is gone", || server.status().publishers == 0);
    assert_eq!(server.status().players, 1);
    publish(&sent, &url(&server, "live/key"), false).succeed();
    player.succeed();
    let received = frames(&received);
    for video in [true, false] {
        let times: Vec<_> = track(&received, video).iter().map(|frame| frame.dts_ms).collect();
        assert!(times.is_sorted(), "the clock never runs back: {times:?}");
    }
    let pictures = track(&received, true);
    let again = track(&frames(&sent), true);
    let end = &pictures[pictures.len() - again.len()..];
    assert!(end.iter().zip(&again).all(|(a, b)| a.hash == b.hash), "all of the second time");
}
