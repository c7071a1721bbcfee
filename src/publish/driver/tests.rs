//! What the driver makes of the ends of connections, one after the other, in virtual
//! time.

use super::*;
use crate::protocol::rtmp::command::Status as Words;
use crate::protocol::rtmp::status::Refusal;
use crate::protocol::rtmp::{self, ErrorKind};
use crate::publish::reconnect::Retry;
use crate::publish::status::Learnt;

fn at(seconds: i64) -> MediaTime {
    MediaTime::from_millis(seconds * 1_000)
}

/// A driver that has just been started and is connected to nobody.
fn driver() -> Driver {
    let config = Config {
        target: Target::parse("rtmp://media.example/live/k3y").expect("it is an address"),
        certificates: Certificates::default(),
        proxies: Proxies::default(),
        video_kbps: Some(2_500),
        audio_kbps: Some(128),
        adaptive: true,
        give_up_first_connect: None,
        live_limit: None,
        late_start: Duration::ZERO,
        keyframes: KeyframeRequest(Arc::new(|| ())),
    };
    let poll = Poll::new().expect("a poll");
    let waker = Arc::new(Waker::new(poll.registry(), WAKER).expect("a waker"));
    let (_, inlet) = Inlet::new(Arc::clone(&waker));
    let clock = Clock::starting_at(Instant::now());
    Driver::new(clock, config, poll, waker, inlet, Arc::new(Orders::default()))
}

fn session(state: rtmp::State, live_for: Option<Duration>, kind: ErrorKind) -> Failure {
    let error = rtmp::Error { state, message_type: None, offset: 0, live_for, kind };
    Failure::Session { peer: "media.example:1935".into(), error: Arc::new(error) }
}

fn closed(lived: Duration) -> Failure {
    session(rtmp::State::Live, Some(lived), ErrorKind::Closed { last_status: None })
}

fn rejected() -> Failure {
    let status = Box::new(Words { code: "Any.Thing".into(), ..Words::default() });
    let kind = ErrorKind::Refused { refusal: Refusal::Rejected, status };
    session(rtmp::State::Connecting, None, kind)
}

#[test]
fn a_server_that_closes_each_time_is_seen_through_at_the_third() {
    let mut driver = driver();
    for (start, seconds, expected) in [
        (0, 5, None),
        (10, 4, None),
        (20, 6, Some(Learnt::EachTime { times: 3, after: Duration::from_secs(6) })),
        (40, 5, Some(Learnt::EachTime { times: 4, after: Duration::from_secs(5) })),
        (60, 250, None),
    ] {
        let lived = Duration::from_secs(seconds);
        let now = at(start) + lived;
        let (lesson, failure) = driver.learn(now, Some(lived), None, closed(lived));
        let more = match failure {
            Failure::Learnt { more, .. } => Some(more),
            _ => None,
        };
        assert_eq!(more, expected);
        assert_eq!(lesson.retry == Retry::Slow, expected.is_some(), "{lesson:?}");
    }
}

#[test]
fn a_refusal_seconds_after_a_good_stream_is_tried_again_and_not_for_ever() {
    let mut driver = driver();
    let (lesson, _) = driver.learn(at(1), None, None, rejected());
    assert_eq!(lesson.retry, Retry::Never);
    let lived = Duration::from_secs(5);
    driver.learn(at(10), Some(lived), None, closed(lived));
    for (now, retry) in [(11, Retry::Backoff), (99, Retry::Backoff), (101, Retry::Never)] {
        let (lesson, failure) = driver.learn(at(now), None, None, rejected());
        assert_eq!(lesson.retry, retry, "after {now} s");
        let for_now = matches!(failure, Failure::Learnt { more: Learnt::ForNow, .. });
        assert_eq!(for_now, retry == Retry::Backoff);
    }
}

#[test]
fn what_connect_announces_is_left_out_after_the_first_end_at_it() {
    let silent = || {
        let kind = ErrorKind::TimedOut { waiting_for: "connect" };
        session(rtmp::State::Connecting, None, kind)
    };
    for (failure, retry) in [(rejected(), Retry::Now), (silent(), Retry::Backoff)] {
        let mut driver = driver();
        driver.status.state = State::Connecting(Step::Application);
        let (lesson, _) = driver.learn(at(1), None, None, failure.clone());
        assert_eq!((lesson.retry, driver.announce_moves), (retry, false));
        let (lesson, _) = driver.learn(at(2), None, None, failure);
        assert_ne!(lesson.retry, Retry::Now, "that was not it");
    }
}

#[test]
fn only_a_server_that_never_took_the_stream_may_take_half_a_minute_to_answer() {
    let waits = |announce, first| {
        let target = Target::parse("rtmp://media.example/live/k3y").expect("it is an address");
        let timeouts = options(&target, announce, first).timeouts;
        (timeouts.reply.as_secs(), timeouts.publish.as_secs())
    };
    assert_eq!(waits(true, true), (10, 30));
    assert_eq!(waits(false, true), (30, 30));
    assert_eq!((waits(true, false), waits(false, false)), ((10, 10), (10, 10)));
}

#[test]
fn an_end_right_after_a_long_message_is_blamed_on_it() {
    let lived = Duration::from_millis(200);
    let (_, failure) = driver().learn(at(1), Some(lived), Some(1_180_000), closed(lived));
    let more = Learnt::Oversized { bytes: 1_180_000 };
    assert!(matches!(failure, Failure::Learnt { more: learnt, .. } if learnt == more));
}

#[test]
fn a_stop_is_heard_whatever_was_ordered_before() {
    let mut driver = driver();
    let orders = Arc::clone(&driver.orders);
    for kbps in 1..=100 {
        orders.set_video_kbps(kbps);
        orders.reconnect_now();
    }
    orders.stop();
    driver.take_orders(at(1));
    assert!(matches!(driver.status.state, State::Stopped));
    assert_eq!(driver.pace.target().kbps, 100);
}
