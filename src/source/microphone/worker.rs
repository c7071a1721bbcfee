//! A microphone's thread: finds it, opens it, watches that it delivers, and
//! begins again when it does not. The stream lives here and nowhere else.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Instant;

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{BufferSize, Device, SampleFormat, SizedSample, Stream, StreamConfig};

use super::channels::Channels;
use super::devices::{self, Setup, trouble_of};
use super::feed::{Feed, FeedCounts};
use super::quiet;
use super::shared::{Link, Shared};
use super::watch::{Starvation, WORKED};
use crate::media::{Clock, MediaTime};
use crate::source::Trouble;
use crate::source::hold::Hold;
use crate::source::life::{Backoff, LOOK_UP};
use crate::supervise::{self, Part};
use crate::text::device::{delivers, error};

/// All sound cards are one: the system's default may be any of them.
const SOUND_CARD: &str = "sound-card";

/// Frames that a callback is asked to bring, at 48 kHz: some sound cards keep
/// time too coarsely for less.
const PERIOD: u32 = 1_024;

/// All that a microphone's thread owns.
pub(super) struct Worker {
    /// The identity that is wanted; `None`: the system's default, and once that
    /// has delivered, always the same device.
    pub id: Option<String>,
    /// Which of its channels are heard.
    pub channels: Channels,
    /// The media clock.
    pub clock: Clock,
    /// Where the sound goes.
    pub shared: Arc<Shared>,
}

impl Worker {
    /// Runs until the source lets go.
    pub fn run(mut self) {
        let mut backoff = Backoff::default();
        while !self.shared.life.is_closed() {
            supervise::falter(Part::Microphone);
            let began = self.now();
            // A driver's wrapper that panics costs this session and no more.
            let end = supervise::outlive(|| self.session())
                .unwrap_or_else(|| Err(Trouble::Failed(error::DRIVER.into())));
            if let Err(trouble) = end {
                self.shared.state().trouble = Some(trouble);
            }
            if self.now().since(began) > WORKED {
                backoff.reset();
            }
            self.shared.life.pause(backoff.next(), self.clock);
        }
    }

    /// From finding the device to its end; `Ok` when the source let go.
    fn session(&mut self) -> Result<(), Trouble> {
        self.beat();
        quiet::hush();
        let hold = Hold::take(SOUND_CARD, &self.shared.life, self.clock);
        self.listen().map_err(|trouble| match trouble {
            // An old thread of ours, that is, and no other program.
            Trouble::Busy if hold.is_shared() => Trouble::Stalled,
            other => other,
        })
    }

    fn listen(&mut self) -> Result<(), Trouble> {
        let device = devices::find(self.id.as_deref())?;
        let setup = devices::choose(&device, self.channels);
        // The system has a default by name even where there is no device at all.
        if (self.id.is_some() || setup.is_ok())
            && let Some(name) = devices::name(&device)
        {
            self.shared.state().name = Some(name);
        }
        let setup = setup?;
        self.beat();
        let route = self.channels.route(setup.channels);
        let (feed, ring, counts) = Feed::routed(setup.rate, setup.channels, route);
        self.shared.life.opens(self.now());
        let stream = open(&device, setup, feed, self.clock, &self.shared)?;
        stream.play().map_err(trouble_of)?;
        self.beat();
        let (rate, channels) = (setup.rate, route.channels(setup.channels));
        let link = Link { rate, channels, ring, counts: Arc::clone(&counts) };
        let khz = f64::from(rate) / 1_000.0;
        self.shared.hand_over(link, delivers::sound(khz, &self.channels.words(setup.channels)));
        self.watch(&counts, devices::id(&device))
    }

    /// Stays until nothing comes any more, or an error that is no hiccup.
    fn watch(&mut self, counts: &FeedCounts, id: Option<String>) -> Result<(), Trouble> {
        let mut starvation = Starvation::new(self.now());
        let dropped_before = self.shared.state().dropped;
        while !self.shared.life.is_closed() {
            self.beat();
            thread::sleep(LOOK_UP);
            if let Some(trouble) = self.shared.take_failure() {
                return Err(self.say(trouble));
            }
            let came = counts.came.load(Ordering::Relaxed);
            if !starvation.goes_on(came, self.now()) {
                return Err(self.say(Trouble::Stalled));
            }
            if came > 0 {
                self.id.clone_from(&id);
                let mut state = self.shared.state();
                state.trouble = None;
                state.id.clone_from(&id);
                state.dropped = dropped_before + counts.dropped.load(Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Says what is wrong before the stream is closed: that may take as long as the
    /// driver likes.
    fn say(&self, trouble: Trouble) -> Trouble {
        self.shared.state().trouble = Some(trouble.clone());
        trouble
    }

    fn now(&self) -> MediaTime {
        self.clock.at(Instant::now())
    }

    fn beat(&self) {
        self.shared.life.beat(self.now());
    }
}

/// Opens a stream; where the device won't have the period, with its own.
fn open(
    device: &Device,
    setup: Setup,
    feed: Feed,
    clock: Clock,
    shared: &Arc<Shared>,
) -> Result<Stream, Trouble> {
    let period = u64::from(PERIOD) * u64::from(setup.rate) / 48_000;
    let mut config = StreamConfig {
        channels: setup.channels,
        sample_rate: setup.rate,
        buffer_size: BufferSize::Fixed(u32::try_from(period).unwrap_or(PERIOD).max(64)),
    };
    let feed = Arc::new(FeedSlot::new(feed));
    build(device, config, setup.format, clock, &feed, shared)
        .or_else(|_| {
            config.buffer_size = BufferSize::Default;
            build(device, config, setup.format, clock, &feed, shared)
        })
        .map_err(trouble_of)
}

/// Keeps the feed for the second try when the first does not become a stream.
struct FeedSlot(std::sync::Mutex<Option<Feed>>);

impl FeedSlot {
    fn new(feed: Feed) -> Self {
        Self(std::sync::Mutex::new(Some(feed)))
    }

    fn take(&self) -> Option<Feed> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }

    fn put(&self, feed: Option<Feed>) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = feed;
    }
}

fn build(
    device: &Device,
    config: StreamConfig,
    format: SampleFormat,
    clock: Clock,
    feed: &Arc<FeedSlot>,
    shared: &Arc<Shared>,
) -> Result<Stream, cpal::Error> {
    let build = match format {
        SampleFormat::I32 => build_of::<i32>,
        SampleFormat::I24 => build_of::<cpal::I24>,
        SampleFormat::I16 => build_of::<i16>,
        SampleFormat::I8 => build_of::<i8>,
        SampleFormat::U32 => build_of::<u32>,
        SampleFormat::U24 => build_of::<cpal::U24>,
        SampleFormat::U16 => build_of::<u16>,
        SampleFormat::U8 => build_of::<u8>,
        SampleFormat::F64 => build_of::<f64>,
        _ => build_of::<f32>,
    };
    build(device, config, clock, feed, shared)
}

fn build_of<T>(
    device: &Device,
    config: StreamConfig,
    clock: Clock,
    slot: &Arc<FeedSlot>,
    shared: &Arc<Shared>,
) -> Result<Stream, cpal::Error>
where
    T: SizedSample + cpal::Sample,
    f32: cpal::FromSample<T>,
{
    let mut lent = Lent { feed: slot.take(), slot: Arc::clone(slot) };
    let shared = Arc::clone(shared);
    device.build_input_stream(
        config,
        move |samples: &[T], _: &_| {
            if let Some(feed) = &mut lent.feed {
                feed.push(samples, clock.at(Instant::now()));
            }
        },
        move |error| shared.fail(&error),
        None,
    )
}

/// A feed inside a callback, which goes back to its slot with the callback.
struct Lent {
    feed: Option<Feed>,
    slot: Arc<FeedSlot>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.slot.put(self.feed.take());
    }
}
