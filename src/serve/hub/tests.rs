//! Publishers and players in virtual time.

use super::super::testing::*;
use super::*;

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
    hub.unpublish(at(1), first, false);
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
    hub.unpublish(at(100), number, false);
    assert_eq!(taken(&mut hub, number, player(1)), ["Video 0", "Ended"]);
    assert_eq!(hub.publish(at(200), b"live/key"), Ok(number), "the player keeps it alive");
    hub.push(at(200), number, &key(0));
    assert_eq!(taken(&mut hub, number, player(1)), ["Began", "Video 20"]);
}

#[test]
fn a_publisher_that_was_lost_may_come_back_unnoticed() {
    let mut hub = hub();
    let number = hub.publish(at(0), b"live/key").unwrap();
    hub.play(at(0), b"live/key", player(1));
    hub.push(at(0), number, &key(0));
    assert_eq!(taken(&mut hub, number, player(1)), ["Video 0"]);
    hub.unpublish(at(100), number, true);
    assert_eq!(hub.deadline(), Some(at(10_100)));
    assert_eq!(hub.publish(at(3000), b"live/key"), Ok(number));
    hub.push(at(3001), number, &key(0));
    assert_eq!(taken(&mut hub, number, player(1)), ["Video 20"], "and no notice");
    hub.unpublish(at(4000), number, true);
    assert_eq!(hub.on_deadline(at(14_000)), [number]);
    assert_eq!(taken(&mut hub, number, player(1)), ["Ended"]);
}

#[test]
fn nothing_is_kept_of_a_stream_that_nobody_uses() {
    let mut hub = hub();
    let number = hub.publish(at(0), b"live/key").unwrap();
    hub.push(at(0), number, &key(0));
    hub.unpublish(at(1), number, true);
    assert_eq!((hub.streams.len(), hub.numbers.len()), (0, 0));
    let number = hub.play(at(2), b"live/key", player(1));
    hub.leave(number, player(1));
    assert_eq!((hub.streams.len(), hub.numbers.len()), (0, 0));
    hub.push(at(3), number, &key(0));
    hub.unpublish(at(3), number, false);
}

#[test]
fn all_streams_together_keep_no_more_than_allowed() {
    let mut hub = Hub::new(HubLimits { all_caches: 2000, ..HubLimits::default() });
    let first = hub.publish(at(0), b"live/1").unwrap();
    let second = hub.publish(at(0), b"live/2").unwrap();
    for number in [first, second] {
        hub.push(at(0), number, &key(0));
        (1..10).for_each(|n| {
            hub.push(at(0), number, &inter(n));
        });
        let kept = |number| hub.streams[&number].cache.cost();
        assert_eq!(hub.cached, kept(first) + kept(second));
        assert!(hub.cached <= 2000);
    }
    assert!(hub.streams[&first].cache.start().is_some());
    assert!(hub.streams[&second].cache.start().is_none(), "it came too late");
    hub.unpublish(at(1), first, false);
    hub.unpublish(at(1), second, true);
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
