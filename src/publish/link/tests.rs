//! What the meter makes of acknowledgements and the system's figures.

use super::*;

fn at(millis: i64) -> MediaTime {
    MediaTime::from_millis(millis)
}

/// A meter of a link that carries everything and acknowledges each `window`
/// bytes after `delay` ms; `kbps` is sent from 0 to `end` ms.
fn acknowledged_link(kbps: u64, window: u64, delay: i64, end: i64) -> LinkMeter {
    let mut meter = LinkMeter::new(at(0));
    let (mut acked, total) = (0, |ms: i64| kbps * ms as u64 / 8);
    for ms in (10..=end).step_by(10) {
        meter.written(at(ms), total(ms), total(ms));
        let arrived = total((ms - delay).max(0));
        if arrived - acked >= window {
            meter.acknowledged(at(ms), arrived - acked);
            acked = arrived;
        }
        if ms % 50 == 0 {
            meter.sample(at(ms), &Sample { idle: true, ..Sample::default() });
        }
    }
    meter
}

#[test]
fn round_trip_and_bytes_under_way_from_acknowledgements() {
    let meter = acknowledged_link(2_400, 100_000, 150, 10_000);
    let figures = meter.figures();
    let rtt = figures.rtt.expect("acknowledged").as_millis();
    assert!((130..=170).contains(&rtt), "{rtt} ms");
    let unacked = figures.unacked.expect("acknowledged");
    assert!((45_000..=145_000).contains(&unacked), "{unacked}");
    assert!((2_350.0..2_450.0).contains(&figures.kbps), "{}", figures.kbps);
    assert!(figures.net_delay < Duration::from_millis(40), "{:?}", figures.net_delay);
}

#[test]
fn nonsense_is_bounded() {
    use proptest::prelude::*;
    let step = (0..3_u8, any::<u64>(), 0..10_000_u64);
    proptest!(|(steps in proptest::collection::vec(step, 1..2_000))| {
        let mut meter = LinkMeter::new(at(0));
        let mut written = 0;
        for (i, (what, number, by)) in steps.into_iter().enumerate() {
            let now = at(i as i64 * 7);
            match what {
                0 => { written += by; meter.written(now, written, written); }
                1 => meter.acknowledged(now, number),
                _ => { meter.sample(now, &Sample::default()); }
            }
            prop_assert!(meter.acks.acked() <= written);
            let figures = meter.figures();
            prop_assert!(figures.unacked.is_none_or(|bytes| bytes <= written));
            prop_assert!(figures.kbps.is_finite());
        }
    });
}

#[test]
fn marks_are_bounded_though_nobody_acknowledges() {
    let mut meter = LinkMeter::new(at(0));
    for i in 0..100_000 {
        meter.written(at(i), i as u64 * 5_000, i as u64 * 5_000);
    }
    assert!(meter.acks.marks_len() <= 500);
}

#[test]
fn a_link_that_has_become_longer_is_not_taken_for_a_full_one_for_ever() {
    let mut meter = LinkMeter::new(at(0));
    let mut delay_at = |ms: i64, rtt: u64| {
        let figures = TcpFigures { rtt: Duration::from_millis(rtt), ..TcpFigures::default() };
        let sample = Sample { kernel: Some(figures), ..Sample::default() };
        meter.sample(at(ms), &sample).net_delay.as_millis()
    };
    for ms in (200..5_000).step_by(200) {
        assert_eq!(delay_at(ms, 30), 0);
    }
    assert_eq!(delay_at(5_000, 130), 100);
    for ms in (5_200..20_000).step_by(200) {
        delay_at(ms, 130);
    }
    assert_eq!(delay_at(20_000, 130), 0);
}

/// A dead link, told by the kernel's figures, by RTMP's, by neither.
#[test]
fn a_link_is_dead_after_four_seconds_without_progress() {
    for (kernel, rtmp) in [(true, false), (true, true), (false, true), (false, false)] {
        let mut meter = LinkMeter::new(at(0));
        let (mut dead, mut acked) = (None, 0);
        for ms in (20..12_000).step_by(20) {
            // 800 kbit/s that get through until 5 s. The system takes 16 KB more,
            // or 1 MB where it acknowledges by RTMP only.
            let through = ms.min(5_000) as u64 * 100;
            let room = if kernel || !rtmp { 16 << 10 } else { 1 << 20 };
            let written = (ms as u64 * 100).min(through + room);
            meter.written(at(ms), written, written);
            if kernel {
                let figures = TcpFigures {
                    acked: through,
                    unacked: written - through,
                    ..TcpFigures::default()
                };
                meter.sample(at(ms), &Sample { kernel: Some(figures), ..Sample::default() });
            }
            if rtmp && ms <= 5_000 && ms % 400 == 0 {
                meter.acknowledged(at(ms), through - acked);
                acked = through;
            }
            if meter.is_dead(at(ms), true) {
                dead = dead.or(Some(ms));
            }
        }
        let dead = dead.expect("it is noticed");
        assert!((8_900..=9_700).contains(&dead), "kernel {kernel}, rtmp {rtmp}: {dead}");
    }
}

#[test]
fn nothing_to_send_is_not_a_dead_link() {
    let mut meter = LinkMeter::new(at(0));
    meter.written(at(0), 10_000, 10_000);
    let all = TcpFigures { acked: 10_000, ..TcpFigures::default() };
    meter.sample(at(100), &Sample { kernel: Some(all), ..Sample::default() });
    for ms in (200..60_000).step_by(200) {
        assert!(!meter.is_dead(at(ms), false), "{ms}");
    }
    assert!(!meter.is_dead(at(60_000), true), "the wait starts with the need");
    assert!(meter.is_dead(at(64_000), true));
}

#[test]
fn a_server_that_does_not_read_shows() {
    let mut meter = LinkMeter::new(at(0));
    let mut figures = TcpFigures::default();
    assert_eq!(meter.sample(at(50), &Sample::default()).server_full, None);
    for ms in (100..1_300).step_by(50) {
        *figures.window_limited.get_or_insert_default() += Duration::from_micros(37_500);
        meter.sample(at(ms), &Sample { kernel: Some(figures), ..Sample::default() });
    }
    let share = meter.figures().server_full.expect("the system says so");
    assert!((0.74..0.76).contains(&share), "{share}");
}

/// 1 Mbit/s arrives of 3 Mbit/s sent into a deep buffer.
#[test]
fn a_busy_link_shows_what_it_carries() {
    let mut meter = LinkMeter::new(at(0));
    for ms in (0..=1_400).step_by(10) {
        let time = ms as u64;
        let sent = time * 375;
        let arrived =
            (time.min(1_000) * 375 + time.saturating_sub(1_000) * 125).saturating_sub(11_250);
        meter.written(at(ms), sent, sent);
        if ms % 50 != 0 {
            continue;
        }
        let kernel = TcpFigures {
            rtt: Duration::from_millis(30),
            acked: arrived,
            unacked: sent - arrived,
            ..TcpFigures::default()
        };
        let sample = Sample { kernel: Some(kernel), idle: true, ..Sample::default() };
        let figures = meter.sample(at(ms), &sample);
        match ms {
            ..=1_000 => assert_eq!(figures.busy, None, "{ms} ms"),
            1_200 => {
                let busy = figures.busy.expect("nothing comes back in time");
                assert!((950.0..1_050.0).contains(&busy.kbps), "{busy:?}");
                assert!(figures.net_delay >= Duration::from_millis(100), "{figures:?}");
            }
            _ => {}
        }
    }
}
