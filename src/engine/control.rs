//! The control loop: carries out commands, looks after the stream, makes
//! snapshots. It does nothing slow and waits for nothing but its inbox.

mod revive;
mod sources;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use self::revive::Mishaps;
use self::sources::Told;
use super::audio::{AudioCommand, AudioOutput, AudioThread};
use super::awake::Awake;
use super::choices::{Choices, Names};
use super::fanout::Offsets;
use super::figures::{AgeMeter, Frames, RateMeter};
use super::handle::{Door, Options};
use super::health::Sources;
use super::opening::{Opened, Openings};
use super::process::ProcessMeter;
use super::stream::{Feeds, Stream};
use super::video::{FrameCommand, FrameOutput, FrameThread};
use super::{
    AudioInput, Cause, Command, DestinationSettings, DestinationSnapshot, Fault, OutputSettings,
    ServerSnapshot, Snapshot, SourceSnapshot, Stage, Tracks, VideoInput, VideoSnapshot, inputs,
    report,
};
use crate::media::{Clock, MediaTime, Planes};
use crate::serve::Server;
use crate::source::SourceStatus;
use crate::supervise::{self, Part};
use crate::text;

/// How often a snapshot is made.
const TICK: Duration = Duration::from_millis(33);

/// A stop that takes longer leaves the destination to itself.
const STOP_LIMIT: Duration = Duration::from_millis(1_900);

/// Whoever starts the engine with a picture waits so long for it.
const FIRST_PICTURE: Duration = Duration::from_secs(5);

/// The loop's state.
pub struct Control {
    clock: Clock,
    inbox: Receiver<Command>,
    door: Door,
    on_change: Option<Arc<dyn Fn() + Send + Sync>>,
    listen: std::net::SocketAddr,
    give_up_first_connect: Option<Duration>,

    output: OutputSettings,
    /// What was asked for while a stream runs, for when it has ended.
    next_output: Option<OutputSettings>,
    video: VideoInput,
    audio: AudioInput,
    openings: Openings,
    /// What the threads of picture and sound were told, for those that take over.
    told: Told,
    frames: FrameThread,
    frame_output: Arc<FrameOutput>,
    sound: AudioThread,
    audio_output: Arc<AudioOutput>,

    choices: Choices,
    stream: Option<Stream>,
    /// While a stream runs.
    awake: Option<Awake>,
    /// When Stop was asked for.
    stopping_since: Option<MediaTime>,
    server: Option<Server>,
    /// The destinations of the last stream, kept after its end.
    last: Vec<DestinationSnapshot>,
    /// How often Go Live was asked for.
    streams: u64,
    /// What the picture's threads had counted when the last stream began.
    counted: Frames,
    /// Why Go Live was not taken.
    refusal: Option<Fault>,
    /// Why the picture and the sound that were chosen can't be opened.
    unopened: [Option<Fault>; 2],
    /// What stands in the stream's way.
    cause: Cause,
    mishaps: Mishaps,

    fps: RateMeter,
    held: RateMeter,
    encode_time: RateMeter,
    video_rate: RateMeter,
    age: AgeMeter,
    process: ProcessMeter,
}

impl Control {
    /// Starts the threads of picture and sound, and opens both sources.
    pub fn new(
        clock: Clock,
        inbox: Receiver<Command>,
        door: Door,
        options: Options,
    ) -> Result<Self, Fault> {
        let output = options.output;
        let frame_output = Arc::new(FrameOutput::default());
        let audio_output = Arc::new(AudioOutput::default());
        let frames =
            FrameThread::start(clock, (layout(&output), output.fps), Arc::clone(&frame_output))
                .map_err(|error| no_thread(&error))?;
        let sound = AudioThread::start(clock, Arc::clone(&audio_output), Vec::new())
            .map_err(|error| no_thread(&error))?;
        let mut control = Self {
            clock,
            inbox,
            door,
            on_change: options.on_change,
            listen: options.listen,
            give_up_first_connect: options.give_up_first_connect,
            output,
            next_output: None,
            video: VideoInput::None,
            audio: AudioInput::None,
            openings: Openings::default(),
            told: Told::default(),
            frames,
            frame_output,
            sound,
            audio_output,
            choices: Choices::default(),
            stream: None,
            awake: None,
            stopping_since: None,
            server: None,
            last: Vec::new(),
            streams: 0,
            counted: Frames::default(),
            refusal: None,
            unopened: [None, None],
            cause: Cause::Fine,
            mishaps: Mishaps::default(),
            fps: RateMeter::default(),
            held: RateMeter::default(),
            encode_time: RateMeter::default(),
            video_rate: RateMeter::default(),
            age: AgeMeter::default(),
            process: ProcessMeter::default(),
        };
        control.set_video(options.video);
        control.set_audio(options.audio);
        if let Some((input, opened)) = control.openings.wait(FIRST_PICTURE) {
            control.show_video(input, opened);
        }
        match control.unopened.iter_mut().find_map(Option::take) {
            Some(fault) => Err(fault),
            None => Ok(control),
        }
    }

    /// Runs until it is told to shut down or its owner lets go.
    pub fn run(mut self) {
        let mut next = self.now();
        loop {
            match self.inbox.recv_deadline(self.clock.instant(next)) {
                Ok(Command::Shutdown) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(command) => self.obey(command),
                Err(RecvTimeoutError::Timeout) => {
                    self.tick();
                    next = self.now() + TICK;
                }
            }
        }
        self.shut_down();
    }

    fn now(&self) -> MediaTime {
        self.clock.at(Instant::now())
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::SetVideoInput(input) => self.set_video(input),
            Command::SetAudioInput(input) => self.set_audio(input),
            Command::SetOutput(output) => self.set_output(output),
            Command::GoLive(settings) => self.go_live(&settings),
            Command::Stop => self.stop(),
            Command::ReconnectNow => self.with_stream(|stream| stream.destination.reconnect_now()),
            Command::SetGain(db) => self.set_gain(db),
            Command::SetMuted(muted) => self.set_muted(muted),
            Command::SetMirror(mirror) => self.set_mirror(mirror),
            Command::RefreshDevices => self.choices.refresh(),
            Command::ShowPreview => self.set_preview(true),
            Command::HidePreview => self.set_preview(false),
            // The loop ends before it comes here.
            Command::Shutdown => {}
        }
    }

    fn with_stream(&self, act: impl FnOnce(&Stream)) {
        if let Some(stream) = &self.stream {
            act(stream);
        }
    }

    /// While a stream runs only the bitrate follows, as far as the encoder takes
    /// it; the rest waits for the stream's end.
    fn set_output(&mut self, output: OutputSettings) {
        match &mut self.stream {
            Some(stream) => {
                self.output.video_kbps = stream.set_video_kbps(output.video_kbps);
                self.next_output = Some(output);
            }
            None => self.apply_output(output),
        }
    }

    /// A camera is opened anew only for another size or rate, and the tone of the
    /// test signal, which keeps to its frames, for another rate. A picture fits them all.
    fn apply_output(&mut self, output: OutputSettings) {
        let before = std::mem::replace(&mut self.output, output);
        let picture = |output: &OutputSettings| (output.width, output.height, output.fps);
        if picture(&before) != picture(&output) {
            self.frames.send(FrameCommand::Output(layout(&output), output.fps));
            if !matches!(self.video.source(), VideoInput::Picture(_)) {
                self.open_video(self.video.clone());
            }
        }
        if before.fps != output.fps && *self.audio.source() == AudioInput::Test {
            self.set_audio(self.audio.clone());
        }
    }

    fn go_live(&mut self, settings: &DestinationSettings) {
        self.refusal = None;
        if self.stream.is_some() {
            self.refusal = Some(Fault::NotNow { why: text::fault::STREAM_RUNS.into() });
            return;
        }
        self.streams += 1;
        if let Err(fault) = self.start_stream(settings) {
            self.last = vec![report::never_started(settings, fault)];
        }
    }

    fn start_stream(&mut self, settings: &DestinationSettings) -> Result<(), Fault> {
        let mut settings = settings.clone();
        if settings.built_in_server {
            settings.server = self.start_server()?;
        }
        let stream = Stream::start(
            self.clock,
            self.output,
            &settings,
            self.give_up_first_connect,
            self.tracks(),
            &self.feeds(),
        )?;
        self.stopping_since = None;
        self.door.note(stream.destination.fate());
        self.counted = self.frame_output.figures.frames();
        self.stream = Some(stream);
        self.awake = Some(Awake::hold());
        Ok(())
    }

    /// The built-in server's address to publish to; starts it where it does not
    /// run. Port 0 stands for any free one, and so does one that is taken.
    fn start_server(&mut self) -> Result<String, Fault> {
        if self.server.is_none() {
            self.server = Some(inputs::start_server_somewhere(self.listen)?);
        }
        let address = self.server.as_ref().map_or(self.listen, Server::local_addr);
        Ok(inputs::built_in_url(address))
    }

    fn feeds(&self) -> Feeds<'_> {
        Feeds {
            frames: &self.frames,
            frame_output: &self.frame_output,
            sound: &self.sound,
            offsets: self.offsets(),
        }
    }

    /// How picture and sound are moved in time to meet.
    fn offsets(&self) -> Offsets {
        let age = self.frame_output.figures.age.load(Ordering::Relaxed);
        let sound = self.audio_output.status.latest().and_then(|status| status.latency);
        let by_hand = [self.video.delay_ms(), self.audio.delay_ms()];
        Offsets::of(by_hand, Duration::from_micros(age), sound.unwrap_or_default())
    }

    /// What a stream that begins now carries.
    fn tracks(&self) -> Tracks {
        let picture = self.video != VideoInput::None || self.openings.is_waiting();
        Tracks { picture, sound: self.audio != AudioInput::None }
    }

    fn stop(&mut self) {
        if let (Some(stream), None) = (&self.stream, self.stopping_since) {
            stream.destination.stop();
            self.stopping_since = Some(self.now());
        }
    }

    fn tick(&mut self) {
        supervise::falter(Part::Control);
        self.look_after_threads();
        self.look_at_openings();
        self.look_after_stream();
        let snapshot = self.snapshot();
        self.door.show(snapshot);
        if let Some(on_change) = &self.on_change {
            on_change();
        }
    }

    /// Passes wishes on, and puts an ended stream away.
    fn look_after_stream(&mut self) {
        let now = self.now();
        let sources = self.sources();
        let offsets = self.offsets();
        let Some(stream) = &mut self.stream else { return };
        let status = stream.destination.status();
        stream.follow(now, &status, &self.frame_output.figures);
        stream.set_offsets(offsets);
        self.cause = stream.health.cause(now, &status, &self.output, &sources);
        let encoder_failed = self.frame_output.figures.failed.swap(false, Ordering::AcqRel)
            || self.audio_output.figures.failed.swap(false, Ordering::AcqRel);
        let frames = self.frame_output.figures.frames().since(self.counted);
        self.last = vec![report::destination(&stream.name, &status, frames.late)];
        if encoder_failed {
            let detail = text::encoder::FAILED.to_string();
            report::fail(&mut self.last, Fault::Encoder { detail });
        }
        if let Some(fault) = self.mishaps.last_one() {
            report::fail(&mut self.last, fault.clone());
        }
        let is_gone = stream.destination.has_panicked();
        if is_gone && self.mishaps.last_one().is_none() {
            let fault = Fault::Internal { part: Part::Publish, goes_on: false };
            report::fail(&mut self.last, fault);
        }
        let overdue = self.stopping_since.is_some_and(|since| now.since(since) > STOP_LIMIT);
        if overdue {
            tracing::warn!("the destination did not stop in time and is left to itself");
        }
        if status.state.has_ended() || overdue || encoder_failed || is_gone {
            self.end_stream();
        }
    }

    /// How the picture's source is doing; `None` where the picture is off.
    fn camera(&self) -> Option<SourceStatus> {
        self.frame_output.status.latest().filter(|_| self.video != VideoInput::None)
    }

    /// How the sound's source is doing; `None` where the sound is off.
    fn microphone(&self) -> Option<SourceStatus> {
        self.audio_output.status.latest().filter(|_| self.audio != AudioInput::None)
    }

    fn sources(&self) -> Sources {
        let muted = self.audio_output.levels.latest().is_some_and(|levels| levels.muted);
        Sources { camera: self.camera(), microphone: self.microphone().filter(|_| !muted) }
    }

    fn end_stream(&mut self) {
        if let Some(stream) = self.stream.take() {
            stream.end(&self.feeds());
        }
        self.awake = None;
        self.stopping_since = None;
        self.refusal = None;
        self.mishaps.stream_ended();
        self.cause = Cause::Fine;
        if let Some(output) = self.next_output.take() {
            self.apply_output(output);
        }
    }

    fn snapshot(&mut self) -> Snapshot {
        let now = self.now();
        let stage = match (&self.stream, self.stopping_since) {
            (None, _) => Stage::Idle,
            (Some(_), None) => Stage::Publishing,
            (Some(_), Some(_)) => Stage::Stopping,
        };
        let camera = source(self.camera(), self.choices.cameras());
        let microphone = source(self.microphone(), self.choices.microphones());
        let overload = self.stream.as_ref().and_then(|stream| stream.health.notice());
        let [picture, sound] = self.unopened.each_ref().map(Option::as_ref);
        let notices = [self.refusal.as_ref(), picture, sound, overload];
        let mut faults = self.mishaps.faults(now);
        faults.extend(report::faults(&camera, &microphone, &notices));
        Snapshot {
            at: now,
            stage,
            streams: self.streams,
            output: self.output,
            tracks: self.stream.as_ref().map(|stream| stream.tracks),
            most_kbps: self.stream.as_ref().map(|stream| stream.most_kbps),
            video: self.video_figures(now),
            camera,
            microphone,
            levels: self.audio_output.levels.latest().unwrap_or_default(),
            destinations: self.last.clone(),
            server: self.server.as_ref().map(server_snapshot),
            preview: self.frame_output.preview.latest(),
            process: self.process.read(now),
            cause: self.cause.clone(),
            faults,
        }
    }

    fn video_figures(&mut self, now: MediaTime) -> VideoSnapshot {
        let figures = &self.frame_output.figures;
        let all = figures.frames();
        let Frames { due, made, held, late } = all.since(self.counted);
        let encoded = self.fps.read(now, all.made);
        let repeated = self.held.read(now, all.held);
        let micros = self.encode_time.read(now, figures.encode_micros.load(Ordering::Relaxed));
        let bytes = self.video_rate.read(now, figures.bytes.load(Ordering::Relaxed));
        VideoSnapshot {
            due,
            made,
            held,
            late,
            fps: (encoded - repeated).max(0.0),
            encoder_ms: if encoded > 0.0 { micros / encoded / 1_000.0 } else { 0.0 },
            picture_ms: self.age.read(now, figures).as_secs_f64() * 1e3,
            kbps: bytes * 8.0 / 1_000.0,
            black: figures.black.load(Ordering::Relaxed),
            frozen: figures.frozen.load(Ordering::Relaxed),
        }
    }

    fn shut_down(mut self) {
        self.stop();
        while self.stream.is_some() {
            self.look_after_stream();
            std::thread::sleep(Duration::from_millis(10));
        }
        if let Some(server) = self.server.take() {
            server.stop();
        }
        let ended = Snapshot {
            at: self.now(),
            stage: Stage::Ended,
            destinations: std::mem::take(&mut self.last),
            ..Snapshot::default()
        };
        self.door.show(ended);
    }
}

/// The system gives no thread.
pub fn no_thread(error: &std::io::Error) -> Fault {
    Fault::System { why: text::fault::no_thread(error) }
}

fn layout(output: &OutputSettings) -> Planes {
    Planes::new(output.width, output.height)
}

fn source(status: Option<SourceStatus>, choices: Option<Names>) -> SourceSnapshot {
    SourceSnapshot { status, listed: choices.is_some(), choices: choices.unwrap_or_default() }
}

fn server_snapshot(server: &Server) -> ServerSnapshot {
    let status = server.status();
    ServerSnapshot {
        play_url: inputs::built_in_url(server.local_addr()),
        players: status.players,
        publishers: status.publishers,
    }
}
