//! Publishers and players in virtual time.

use super::super::testing::*;
use super::*;
use crate::protocol::rtmp::server::MediaKind;

fn at(ms: i64) -> MediaTime {
    MediaTime::from_millis(ms)
}

fn player(n: usize) -> PlayerId {
    PlayerId { connection: ConnectionId(n), stream_id: 1 }
}

fn hub() -> Hub {
    Hub::new(HubLimits::default())
}

/// What a player is told and sent, shortly.
fn taken(hub: &mut Hub, number: StreamNumber, id: PlayerId) -> Vec<String> {
    let items = std::iter::from_fn(|| hub.pop(number, id));
    items
        .map(|item| match item {
            Item::Message(message) => format!("{:?} {}", message.kind, message.timestamp),
            notice => format!("{notice:?}"),
        })
        .collect()
}

#[test]
fn a_stream_has_one_publisher_at_a_time() {
    let mut hub = hub();
    let first = hub.publish(at(0), b"live/key").unwrap();
    assert_eq!(hub.publish(at(0), b"live/key"), Err(Busy));
    assert!(hub.publish(at(0), b"live/other").is_ok());
    hub.unpublish(at(1), first, End::Goodbye);
    assert!(hub.publish(at(1), b"live/key").is_ok());
}

#[test]
fn all_players_get_all_and_the_same_bytes() {
    let mut hub = hub();
    let number = hub.publish(at(0), b"live/key").unwrap();
    for n in 1..=3 {
        assert_eq!(hub.play(at(0), b"live/key", player(n)), number);
    }
    hub.push(at(1), number, &key(0));
    let payloads = [1, 2, 3].map(|n| match hub.pop(number, player(n)) {
        Some(Item::Message(message)) => message.payload.as_ptr(),
        other => panic!("{other:?}"),
    });
    assert!(payloads.iter().all(|&payload| payload == payloads[0]), "they are shared");
}

#[test]
fn a_player_that_came_first_starts_when_the_publisher_comes() {
    let mut hub = hub();
    let number = hub.play(at(0), b"live/key", player(1));
    assert_eq!(hub.deadline(), Some(at(60_000)));
    assert_eq!(hub.publish(at(30_000), b"live/key"), Ok(number));
    assert_eq!(hub.deadline(), None);
    hub.push(at(30_001), number, &key(900));
    assert_eq!(taken(&mut hub, number, player(1)), ["Began", "Video 0"]);
}

#[test]
fn a_player_is_told_when_nobody_comes_and_only_once() {
    let mut hub = hub();
    let number = hub.play(at(0), b"live/key", player(1));
    hub.play(at(10_000), b"live/key", player(2));
    assert!(hub.on_deadline(at(59_999)).is_empty());
    assert_eq!(hub.on_deadline(at(60_000)), [number]);
    assert_eq!(taken(&mut hub, number, player(1)), ["NotFound"]);
    assert_eq!(taken(&mut hub, number, player(2)), [""; 0], "it came later");
    assert_eq!(hub.deadline(), Some(at(70_000)));
    assert_eq!(hub.on_deadline(at(70_000)), [number]);
    assert_eq!(taken(&mut hub, number, player(2)), ["NotFound"]);
    assert_eq!(hub.deadline(), None);
}

#[test]
fn players_learn_at_once_that_the_publisher_said_goodbye() {
    let mut hub = hub();
    let number = hub.publish(at(0), b"live/key").unwrap();
    hub.play(at(0), b"live/key", player(1));
    hub.push(at(0), number, &key(0));
    hub.unpublish(at(100), number, End::Goodbye);
    assert_eq!(taken(&mut hub, number, player(1)), ["Video 0", "Ended"]);
    assert_eq!(hub.publish(at(200), b"live/key"), Ok(number), "the player keeps it alive");
    hub.push(at(200), number, &key(0));
    assert_eq!(taken(&mut hub, number, player(1)), ["Began", "Video 20"]);
}

#[test]
fn players_of_a_lost_publisher_are_told_that_nothing_comes_and_then_that_it_stays_away() {
    let mut hub = hub();
    let number = hub.publish(at(0), b"live/key").unwrap();
    hub.play(at(0), b"live/key", player(1));
    hub.push(at(0), number, &key(0));
    assert_eq!(taken(&mut hub, number, player(1)), ["Video 0"]);
    hub.unpublish(at(100), number, End::Lost(at(100)));
    assert_eq!(taken(&mut hub, number, player(1)), ["Dry"]);
    assert_eq!(hub.deadline(), Some(at(10_100)));
    assert_eq!(hub.publish(at(3000), b"live/key"), Ok(number));
    hub.push(at(3001), number, &key(0));
    assert_eq!(taken(&mut hub, number, player(1)), ["Resumed", "Video 20"]);
    hub.unpublish(at(4000), number, End::Lost(at(4000)));
    assert!(hub.on_deadline(at(13_999)).is_empty());
    assert_eq!(hub.on_deadline(at(14_000)), [number]);
    assert_eq!(taken(&mut hub, number, player(1)), ["Ended"], "the end is all that counts");
}

#[test]
fn players_of_a_silent_publisher_are_told_once_and_told_that_it_goes_on() {
    let mut hub = hub();
    let number = hub.publish(at(0), b"live/key").unwrap();
    hub.play(at(0), b"live/key", player(1));
    hub.push(at(0), number, &key(0));
    assert_eq!(taken(&mut hub, number, player(1)), ["Video 0"]);
    hub.fall_silent(at(8000), number);
    hub.fall_silent(at(9000), number);
    assert_eq!(taken(&mut hub, number, player(1)), ["Dry"]);
    hub.push(at(9500), number, &inter(9500));
    hub.push(at(9540), number, &inter(9540));
    assert_eq!(taken(&mut hub, number, player(1)), ["Resumed", "Video 9500", "Video 9540"]);
    hub.fall_silent(at(18_000), number);
    assert_eq!(taken(&mut hub, number, player(1)), ["Dry"]);
    hub.unpublish(at(30_000), number, End::Lost(at(9540)));
    assert_eq!(taken(&mut hub, number, player(1)), [""; 0], "it knows");
    hub.on_deadline(at(30_000));
    assert_eq!(taken(&mut hub, number, player(1)), ["Ended"]);
}

#[test]
fn the_grace_of_a_lost_publisher_counts_from_when_it_was_heard() {
    let mut hub = hub();
    let number = hub.publish(at(0), b"live/key").unwrap();
    hub.play(at(0), b"live/key", player(1));
    hub.unpublish(at(20_000), number, End::Lost(at(500)));
    assert_eq!(hub.deadline(), Some(at(10_500)));
    assert_eq!(hub.on_deadline(at(20_000)), [number]);
    assert_eq!(taken(&mut hub, number, player(1)), ["Ended"]);
}

/// An hour of what GStreamer's flvmux sends, in virtual time: pictures and sound with
/// the pipeline's times, metadata and headers with timestamp 0 whenever tags or caps
/// change. Players come and go meanwhile.
#[test]
fn an_hour_of_timestamps_of_zero_moves_no_players_clock() {
    let mut hub = hub();
    let number = hub.publish(at(0), b"live/key").unwrap();
    let mut last = [None; 4];
    for frame in 0..90_000u32 {
        let now = frame * 40;
        if frame % 777 == 0 {
            for message in of_time_zero() {
                hub.push(at(i64::from(now)), number, &message);
            }
        }
        if frame % 25_000 == 0 {
            hub.play(at(i64::from(now)), b"live/key", player(frame as usize / 25_000));
        }
        let picture = if frame % 50 == 0 { key(now) } else { inter(now) };
        for message in [picture, sound(now + 3), sound(now + 24)] {
            hub.push(at(i64::from(now)), number, &message);
        }
        for (n, last) in last.iter_mut().enumerate() {
            check_steps(&mut hub, number, player(n), last);
        }
    }
    for (n, last) in last.into_iter().enumerate() {
        let played = 3_600_000 - 1_000_000 * n as i64;
        assert!((last.unwrap() - played).abs() < 2_000, "player {n} is at {last:?}");
    }
}

/// All that is no picture and no sound.
fn of_time_zero() -> [Message; 7] {
    let headers = [video_header(0, 1), audio_header(0, 1), video_header(0, 2), empty_header(0)];
    let [a, b, c, d] = headers;
    [metadata(0), a, b, c, d, end_of_sequence(0), text_data(0)]
}

/// Takes what waits for a player: its clock steps by no more than a frame.
fn check_steps(hub: &mut Hub, number: StreamNumber, id: PlayerId, last: &mut Option<i64>) {
    while let Some(item) = hub.pop(number, id) {
        let Item::Message(message) = item else { continue };
        let time = i64::from(message.timestamp);
        let step = time - last.unwrap_or(0);
        assert!((-40..=40).contains(&step), "{id:?}: {step} ms to {message:?}");
        *last = Some(time);
    }
}

#[test]
fn an_empty_header_does_not_replace_a_whole_one() {
    let mut hub = hub();
    let number = hub.publish(at(0), b"live/key").unwrap();
    for message in [video_header(0, 1), audio_header(0, 1), key(0)] {
        hub.push(at(0), number, &message);
    }
    let empty = [empty_header(40), message(MediaKind::Audio, 40, &[0xAF, 0])];
    for message in empty.into_iter().chain([inter(40), key(80)]) {
        hub.push(at(40), number, &message);
    }
    hub.play(at(100), b"live/key", player(1));
    let items = std::iter::from_fn(|| hub.pop(number, player(1)));
    let bodies = items.map(|item| match item {
        Item::Message(message) => message.payload.to_vec(),
        other => panic!("{other:?}"),
    });
    let whole = [video_header(0, 1), audio_header(0, 1), key(80)].map(|m| m.payload.to_vec());
    assert_eq!(bodies.collect::<Vec<_>>(), whole);
}

#[test]
fn nothing_is_kept_of_a_stream_that_nobody_uses() {
    let mut hub = hub();
    let number = hub.publish(at(0), b"live/key").unwrap();
    hub.push(at(0), number, &key(0));
    hub.unpublish(at(1), number, End::Lost(at(1)));
    assert_eq!((hub.streams.len(), hub.numbers.len()), (0, 0));
    let number = hub.play(at(2), b"live/key", player(1));
    hub.leave(number, player(1));
    assert_eq!((hub.streams.len(), hub.numbers.len()), (0, 0));
    hub.push(at(3), number, &key(0));
    hub.unpublish(at(3), number, End::Goodbye);
}

#[test]
fn all_streams_together_keep_no_more_than_allowed() {
    let mut hub = Hub::new(HubLimits { all_caches: 2000, ..HubLimits::default() });
    let numbers = ["live/1", "live/2", "live/3"].map(|path| {
        let number = hub.publish(at(0), path.as_bytes()).unwrap();
        hub.push(at(0), number, &key(0));
        number
    });
    let [played, large, small] = numbers;
    hub.play(at(0), b"live/1", player(1));
    for (number, count) in [(played, 9), (large, 4), (small, 2)] {
        (1..=count).for_each(|n| _ = hub.push(at(0), number, &inter(n)));
        let kept = numbers.map(|number| hub.streams[&number].cache.cost());
        assert_eq!(hub.cached, kept.iter().sum::<usize>());
        assert!(hub.cached <= 2000, "{kept:?}");
    }
    let keeps = numbers.map(|number| hub.streams[&number].cache.start().is_some());
    assert_eq!(keeps, [true, false, true], "the largest that nobody plays went");
    (10..=30).for_each(|n| _ = hub.push(at(0), played, &inter(n)));
    let keeps = numbers.map(|number| hub.streams[&number].cache.start().is_some());
    assert_eq!(keeps, [false; 3], "one may not keep more than all may");
    assert_eq!(hub.bytes_of(small), 0);
    std::iter::from_fn(|| hub.pop(played, player(1))).for_each(drop);
    assert_eq!(hub.media_bytes(), 0, "nobody holds anything any more");
    for number in numbers {
        hub.unpublish(at(1), number, End::Goodbye);
    }
    assert_eq!(hub.cached, 0);
}

#[test]
fn labels_hold_no_names() {
    let mut hub = hub();
    for path in ["live/s3cret", "s3cret", "app\u{202E}x/inst/s3cret"] {
        hub.publish(at(0), path.as_bytes()).unwrap();
    }
    let mut labels: Vec<_> = hub.streams().map(|(_, label, ..)| label).collect();
    labels.sort();
    assert_eq!(labels, ["appx/…", "live/…", "…"]);
}
