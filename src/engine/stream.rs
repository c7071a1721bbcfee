//! One stream from Go Live to its end: encoders, fan-out, destination.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use super::audio::{AudioCommand, AudioThread};
use super::control::no_thread;
use super::fanout::{Fanout, Offsets, Sink};
use super::figures::{VideoFigures, VideoTarget};
use super::health::Health;
use super::video::{EncodeThread, FrameCommand, FrameOutput, FrameThread, Offered};
use super::{DestinationSettings, Fault, OutputSettings, Tracks, report};
use crate::encode::{AudioEncoder, AudioSettings, VideoEncoder, VideoSettings, registry};
use crate::media::{Clock, MediaTime, Packet, TrackConfig};
use crate::publish::{self, Certificates, Destination, KeyframeRequest, PacketSender, Status};
use crate::text::fault as text;

/// A stream that runs.
pub struct Stream {
    /// What it carries from its beginning to its end, whatever is chosen meanwhile.
    pub tracks: Tracks,
    clock: Clock,
    /// What it was begun with.
    output: OutputSettings,
    fanout: Arc<Fanout>,
    encode: Option<Encoding>,
    /// What is asked of the video encoder.
    pub target: Arc<VideoTarget>,
    /// Where it goes.
    pub destination: Destination,
    /// Its name.
    pub name: String,
    /// What stands in its way.
    pub health: Health,
    /// The highest video bitrate that its encoder takes, in kbit/s: encoders keep
    /// room for half as much again as they were opened for.
    pub most_kbps: u32,
    video_kbps: u32,
}

/// The video encoder's thread, and where its frames go in.
struct Encoding {
    thread: EncodeThread,
    frames: Sender<Offered>,
}

/// What a stream is fed from.
pub struct Feeds<'a> {
    /// The frame thread.
    pub frames: &'a FrameThread,
    /// What the picture's threads hand out.
    pub frame_output: &'a Arc<FrameOutput>,
    /// The sound thread.
    pub sound: &'a AudioThread,
    /// How the tracks are moved in time at first.
    pub offsets: Offsets,
}

impl Stream {
    /// Opens the encoders and starts publishing.
    pub fn start(
        clock: Clock,
        output: OutputSettings,
        settings: &DestinationSettings,
        give_up_first_connect: Option<Duration>,
        tracks: Tracks,
        feeds: &Feeds<'_>,
    ) -> Result<Self, Fault> {
        if tracks == Tracks::default() {
            return Err(Fault::Source { why: text::NOTHING_TO_SEND.into() });
        }
        let health = Health::new(clock.at(Instant::now()), &feeds.frame_output.figures, tracks);
        let target = Arc::new(VideoTarget::new(output.video_kbps));
        let fanout = Arc::new(Fanout::new(tracks.picture, tracks.sound));
        fanout.set_offsets(feeds.offsets);
        let open_video = || open_video(&output, output.video_kbps);
        let video = tracks.picture.then(open_video).transpose()?;
        let audio = tracks.sound.then(|| open_audio(&output)).transpose()?;
        let keyframes = {
            let fanout = Arc::clone(&fanout);
            KeyframeRequest(Arc::new(move || fanout.want_keyframe()))
        };
        let mut config = config(&output, settings, give_up_first_connect, tracks, keyframes)?;
        config.late_start += feeds.offsets.picture_waits();
        let destination = publish::start(clock, config).map_err(|e| no_thread(&e))?;
        fanout.attach(Box::new(PacketSink(destination.packets())));
        let mut stream = Self {
            clock,
            output,
            fanout,
            tracks,
            encode: None,
            target,
            destination,
            name: settings.name.clone(),
            health,
            most_kbps: output.video_kbps.saturating_add(output.video_kbps / 2),
            video_kbps: output.video_kbps,
        };
        if let Some(encoder) = video {
            stream.start_encoding(encoder, feeds)?;
        }
        if let Some(encoder) = audio {
            feeds.sound.send(AudioCommand::Encoder(Some((encoder, Arc::clone(&stream.fanout)))));
        }
        Ok(stream)
    }

    fn start_encoding(
        &mut self,
        encoder: Box<dyn VideoEncoder>,
        feeds: &Feeds<'_>,
    ) -> Result<(), Fault> {
        let (thread, frames) = EncodeThread::start(
            self.clock,
            encoder,
            self.output.fps.interval(),
            Duration::from_secs_f32(self.output.keyframe_s),
            Arc::clone(&self.target),
            Arc::clone(&self.fanout),
            Arc::clone(feeds.frame_output),
        )
        .map_err(|e| no_thread(&e))?;
        self.encode = Some(Encoding { thread, frames });
        self.feed_encoder(feeds);
        Ok(())
    }

    /// Leads the frames to the encoder.
    pub fn feed_encoder(&self, feeds: &Feeds<'_>) {
        if let Some(Encoding { frames, .. }) = &self.encode {
            feeds.frames.send(FrameCommand::Encoder(Some(frames.clone())));
        }
    }

    /// Whether the thread of the video encoder was ended by a panic.
    pub fn has_lost_encoder(&self) -> bool {
        self.encode.as_ref().is_some_and(|encode| encode.thread.has_panicked())
    }

    /// Opens the video encoder anew: its first picture is a keyframe, and says its
    /// configuration.
    pub fn restart_encoder(&mut self, feeds: &Feeds<'_>) -> Result<(), Fault> {
        let encoder = open_video(&self.output, self.target.kbps.load(Ordering::Relaxed))?;
        self.start_encoding(encoder, feeds)
    }

    /// Opens the audio encoder anew, for a sound thread that was started again.
    pub fn new_sound(&self) -> Result<Option<AudioCommand>, Fault> {
        let encoder = self.tracks.sound.then(|| open_audio(&self.output)).transpose()?;
        let fanout = || Arc::clone(&self.fanout);
        Ok(encoder.map(|encoder| AudioCommand::Encoder(Some((encoder, fanout())))))
    }

    /// Starts the destination's thread again, which connects again.
    pub fn restart_destination(&mut self) -> Result<(), Fault> {
        self.destination.restart().map_err(|e| no_thread(&e))?;
        self.fanout.detach_all();
        self.fanout.attach(Box::new(PacketSink(self.destination.packets())));
        Ok(())
    }

    /// Passes on to the encoder what the link and the processor allow: of two
    /// reasons to leave frames out, the stronger counts.
    pub fn follow(&mut self, now: MediaTime, status: &Status, figures: &VideoFigures) {
        self.health.look(now, figures, &self.target);
        self.target.kbps.store(status.target_kbps, Ordering::Relaxed);
        let mut divisor = status.frame_divisor;
        if let Some(level) = self.health.level() {
            divisor = divisor.max(level.divisor);
            self.target.set_effort(level.effort);
        }
        self.target.divisor.store(divisor, Ordering::Relaxed);
    }

    /// Moves the tracks in time.
    pub fn set_offsets(&self, offsets: Offsets) {
        self.fanout.set_offsets(offsets);
    }

    /// Another bitrate while it runs, not above what the encoder takes; the one
    /// that is aimed at from now on.
    pub fn set_video_kbps(&mut self, kbps: u32) -> u32 {
        let kbps = kbps.min(self.most_kbps);
        if kbps != self.video_kbps {
            self.video_kbps = kbps;
            self.destination.set_video_kbps(kbps);
        }
        kbps
    }

    /// Closes the encoders. The destination must have ended or is left to itself.
    pub fn end(mut self, feeds: &Feeds<'_>) {
        feeds.frames.send(FrameCommand::Encoder(None));
        feeds.sound.send(AudioCommand::Encoder(None));
        if let Some(Encoding { thread, frames }) = self.encode.take() {
            drop(frames);
            thread.join();
        }
        self.fanout.detach_all();
    }
}

/// A destination's inlet as the fan-out sees it.
struct PacketSink(PacketSender);

impl Sink for PacketSink {
    fn config(&mut self, config: &TrackConfig) {
        self.0.config(config.clone());
    }

    fn packet(&mut self, packet: &Packet) {
        self.0.packet(packet.clone());
    }
}

/// What the destination's thread is told.
fn config(
    output: &OutputSettings,
    settings: &DestinationSettings,
    give_up_first_connect: Option<Duration>,
    tracks: Tracks,
    keyframes: KeyframeRequest,
) -> Result<publish::Config, Fault> {
    Ok(publish::Config {
        target: report::target_of(settings)?,
        proxies: report::proxies_of(settings)?,
        certificates: Certificates {
            ca_file: settings.ca_file.clone(),
            only: settings.only_certificate,
        },
        video_kbps: tracks.picture.then_some(output.video_kbps),
        audio_kbps: tracks.sound.then_some(output.audio_kbps),
        adaptive: output.adaptive,
        give_up_first_connect,
        live_limit: settings.live_limit,
        late_start: output.fps.interval(),
        keyframes,
    })
}

/// A video encoder for the whole stream, at the bitrate that it goes on with.
fn open_video(output: &OutputSettings, kbps: u32) -> Result<Box<dyn VideoEncoder>, Fault> {
    let mut encoder = registry::open_video(&video_settings(output)).map_err(|e| failed(&e))?;
    if kbps != output.video_kbps {
        encoder.set_bitrate(kbps).map_err(|e| failed(&e))?;
    }
    Ok(encoder)
}

fn open_audio(output: &OutputSettings) -> Result<Box<dyn AudioEncoder>, Fault> {
    registry::open_audio(&AudioSettings { kbps: output.audio_kbps }).map_err(|e| failed(&e))
}

fn failed(error: &dyn std::fmt::Display) -> Fault {
    Fault::Encoder { detail: error.to_string() }
}

fn video_settings(output: &OutputSettings) -> VideoSettings {
    VideoSettings {
        width: output.width,
        height: output.height,
        fps: output.fps,
        kbps: output.video_kbps,
        least_kbps: output.least_kbps,
        keyframe_interval: output.keyframe_interval(),
    }
}
