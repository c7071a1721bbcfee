//! The source against a device on paper: the test plays the thread's part.

use std::time::Instant;

use super::*;
use crate::media::BLOCK_FRAMES;

/// A source without a thread.
fn microphone() -> Microphone {
    Microphone {
        request: Request::parse("alsa:hw:CARD=X,DEV=0").unwrap(),
        clock: Clock::starting_at(Instant::now()),
        shared: Arc::new(Shared::default()),
        // So that no thread is started for a source whose time is the test's.
        overseer: Overseer::resigned(),
        now: MediaTime::ZERO,
        heard: None,
        line: None,
        scratch: Vec::new(),
        dropped_before: 0,
        repeated_before: 0,
    }
}

/// Opens a device of this rate and these channels; its end of the ring.
fn plug_in(microphone: &Microphone, rate: u32, channels: u16) -> Feed {
    let (feed, ring, counts) = Feed::new(rate, channels);
    microphone.shared.hand_over(Link { rate, channels, ring, counts }, "a setup".into());
    feed
}

/// Reads `blocks` blocks while the device delivers a constant; the last block.
fn listen(microphone: &mut Microphone, feed: Option<&mut Feed>, blocks: i64) -> Vec<f32> {
    let mut feed = feed;
    let mut block = AudioBlock::silence(MediaTime::ZERO);
    for _ in 0..blocks {
        // From where it was: time does not go back.
        block.time = microphone.now;
        let end = microphone.now + BLOCK;
        if let Some(feed) = &mut feed {
            feed.push(&[0.25_f32; BLOCK_FRAMES], end);
        }
        microphone.read(&mut block);
        microphone.now = end;
    }
    block.samples.to_vec()
}

#[test]
fn silence_comes_until_there_is_a_device_and_its_sound_then() {
    let mut microphone = microphone();
    assert!(listen(&mut microphone, None, 3).iter().all(|sample| *sample == 0.0));
    let mut feed = plug_in(&microphone, 48_000, 1);
    let heard = listen(&mut microphone, Some(&mut feed), 20);
    assert!(heard.iter().all(|sample| (sample - 0.25).abs() < 0.001));
    assert!(microphone.status().delivers.starts_with("a setup, clock off by"));
}

#[test]
fn a_device_that_is_opened_anew_is_heard_again() {
    let mut microphone = microphone();
    let mut feed = plug_in(&microphone, 48_000, 1);
    listen(&mut microphone, Some(&mut feed), 20);
    drop(feed);
    assert!(listen(&mut microphone, None, 20).iter().all(|sample| *sample == 0.0));
    assert_eq!(microphone.status().repeated, 1);
    let mut feed = plug_in(&microphone, 48_000, 1);
    let heard = listen(&mut microphone, Some(&mut feed), 20);
    assert!(heard.iter().all(|sample| (sample - 0.25).abs() < 0.001));
    assert_eq!(microphone.status().repeated, 1, "it does not begin anew");
    drop(feed);
    listen(&mut microphone, None, 20);
    assert_eq!(microphone.status().repeated, 2);
}

#[test]
fn a_device_that_cannot_be_used_is_said_to_fail() {
    let mut microphone = microphone();
    let _feed = plug_in(&microphone, 4_000, 1);
    listen(&mut microphone, None, 1);
    assert!(matches!(microphone.status().trouble, Some(Trouble::Failed(_))));
}

#[test]
fn hiccups_are_no_failure_and_a_lost_device_is() {
    let shared = Shared::default();
    for kind in
        [cpal::ErrorKind::Xrun, cpal::ErrorKind::RealtimeDenied, cpal::ErrorKind::DeviceChanged]
    {
        shared.fail(&cpal::Error::new(kind));
    }
    assert_eq!(shared.take_failure(), None);
    shared.fail(&cpal::Error::new(cpal::ErrorKind::DeviceNotAvailable));
    assert_eq!(shared.take_failure(), Some(Trouble::Missing));
    assert_eq!(shared.take_failure(), None, "once");
}

#[test]
fn a_silent_thread_is_left_and_replaced() {
    let mut microphone = microphone();
    microphone.overseer = Overseer::default();
    let before = Arc::clone(&microphone.shared);
    let mut block = AudioBlock::silence(MediaTime::ZERO);
    microphone.read(&mut block);
    block.time = MediaTime::from_millis(9_999);
    microphone.read(&mut block);
    assert!(!before.life.is_closed());
    {
        let mut state = before.state();
        (state.id, state.name) = (Some("alsa:learnt".into()), Some("Headset".into()));
    }
    block.time = MediaTime::from_millis(10_000);
    microphone.read(&mut block);
    assert!(before.life.is_closed());
    assert_eq!(microphone.request.id.as_deref(), Some("alsa:learnt"), "never another in its place");
    assert_eq!(microphone.status().name, "Headset");
}
