//! A fake engine for the window's tests, and snapshots of every state.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use tallylight::engine::{
    Cause, Command, Connection, ConnectionLog, DestinationSnapshot, Drops, Fault, Levels,
    ProcessSnapshot, ServerSnapshot, Snapshot, SourceSnapshot, Stage, Step, VideoSnapshot,
};
use tallylight::media::{FramePool, MediaTime, Planes, VideoFrame};
use tallylight::protocol::rtmp::key::Secret;
use tallylight::settings::{SecretName, Secrets, Vault, VaultError, VaultPlace};
use tallylight::source::{SourceStatus, Trouble};
use tallylight::supervise::Part;
use tallylight::ui::{
    Ending, EngineLink, Files, Keeper, LogBook, Parts, Picked, Saver, Window, model::Model,
    no_repaint,
};

/// An engine that does nothing but remember.
#[derive(Clone, Default)]
pub struct FakeEngine {
    state: Arc<Mutex<State>>,
    /// The system's request to end.
    pub ending: Ending,
}

#[derive(Default)]
struct State {
    snapshot: Arc<Snapshot>,
    commands: Vec<Command>,
    full: bool,
    fault: Option<Fault>,
    /// What a new engine in its place shows; `None`: there is none to be had.
    next: Option<Snapshot>,
}

impl FakeEngine {
    /// Shows `snapshot` from now on.
    pub fn show(&self, snapshot: Snapshot) {
        self.state().snapshot = Arc::new(snapshot);
    }

    /// Takes no more commands.
    pub fn fill(&self) {
        self.state().full = true;
    }

    /// There is none, and this is why.
    pub fn break_down(&self, fault: Fault) {
        self.state().fault = Some(fault);
    }

    /// Another can take its place, which shows this.
    pub fn can_be_replaced(&self, next: Snapshot) {
        self.state().next = Some(next);
    }

    /// The commands since the last call.
    pub fn take(&self) -> Vec<Command> {
        std::mem::take(&mut self.state().commands)
    }

    /// The commands since the last call, as they print.
    pub fn printed(&self) -> Vec<String> {
        self.take().iter().map(|command| format!("{command:?}")).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it holds it")
    }
}

impl EngineLink for FakeEngine {
    fn send(&self, command: Command) -> bool {
        let mut state = self.state();
        if !state.full {
            state.commands.push(command);
        }
        !state.full
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.state().snapshot)
    }

    fn fault(&self) -> Option<Fault> {
        self.state().fault.clone()
    }

    fn restart(&self) -> bool {
        let mut state = self.state();
        let next = state.next.take();
        let is_there = next.is_some();
        if let Some(next) = next {
            state.snapshot = Arc::new(next);
        }
        is_there
    }
}

/// File dialogs that answer what they are told.
#[derive(Clone, Default)]
pub struct FakeFiles {
    asked: Arc<Mutex<Vec<String>>>,
    answer: Arc<Mutex<Option<Picked>>>,
}

impl FakeFiles {
    /// What was asked for since the last call.
    pub fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().expect("no test panics with it"))
    }

    /// The person has answered.
    pub fn answer(&self, picked: Picked) {
        *self.answer.lock().expect("no test panics with it") = Some(picked);
    }
}

impl Files for FakeFiles {
    fn pick_picture(&mut self) {
        self.asked.lock().expect("no test panics with it").push("picture".into());
    }

    fn save_log(&mut self, log: String) {
        self.asked.lock().expect("no test panics with it").push(log);
    }

    fn picked(&mut self) -> Option<Picked> {
        self.answer.lock().expect("no test panics with it").take()
    }
}

/// A window on a fake engine, without a disk or a keyring.
pub fn window(engine: &FakeEngine, model: Model) -> Window<FakeEngine> {
    window_with_files(engine, model, &FakeFiles::default())
}

/// The same with file dialogs that the test answers.
pub fn window_with_files(
    engine: &FakeEngine,
    model: Model,
    files: &FakeFiles,
) -> Window<FakeEngine> {
    Window::new(Parts {
        link: engine.clone(),
        model,
        saver: Saver::none(),
        keeper: None,
        files: Box::new(files.clone()),
        ending: engine.ending.clone(),
    })
}

/// A window whose keys are in `vaults`.
pub fn window_with_keys(engine: &FakeEngine, model: Model, vaults: &Vaults) -> Window<FakeEngine> {
    let vault = vaults.clone();
    let keeper = Keeper::start(move || Secrets::in_vault(vault), no_repaint());
    Window::new(Parts {
        link: engine.clone(),
        model,
        saver: Saver::none(),
        keeper: Some(keeper.expect("there is a thread for it")),
        files: Box::new(FakeFiles::default()),
        ending: engine.ending.clone(),
    })
}

/// A keyring that waits for its owner's password.
#[derive(Clone, Default)]
pub struct Vaults(Arc<(Mutex<Ring>, Condvar)>);

#[derive(Default)]
struct Ring {
    kept: HashMap<String, String>,
    unlocked: bool,
    fails: bool,
    fails_writing: bool,
}

impl Vaults {
    /// One that answers nothing yet.
    pub fn locked() -> Self {
        Self::default()
    }

    /// Its owner has typed the password.
    pub fn unlock(&self) {
        self.ring().unlocked = true;
        self.0.1.notify_all();
    }

    /// Whether it can be written only.
    pub fn fail_reading(&self, fails: bool) {
        self.ring().fails = fails;
    }

    /// Whether it can be read only.
    pub fn fail_writing(&self, fails: bool) {
        self.ring().fails_writing = fails;
    }

    /// Puts a secret there, as an earlier start would have.
    pub fn put(&self, name: &str, secret: Option<&str>) {
        if let Some(secret) = secret {
            self.ring().kept.insert(name.into(), secret.into());
        }
    }

    /// What is kept under a name.
    pub fn get(&self, name: &str) -> Option<String> {
        self.ring().kept.get(name).cloned()
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.0.0.lock().expect("no test panics while it holds it")
    }

    fn when_unlocked(&self) -> MutexGuard<'_, Ring> {
        let unlocked = self.0.1.wait_while(self.ring(), |ring| !ring.unlocked);
        unlocked.expect("no test panics while it holds it")
    }
}

impl Vault for Vaults {
    fn read(&mut self, name: &SecretName) -> Result<Option<Secret>, VaultError> {
        let ring = self.when_unlocked();
        if ring.fails {
            return Err(VaultError::Locked);
        }
        Ok(ring.kept.get(&name.to_string()).map(|text| Secret::new(text)))
    }

    fn write(&mut self, name: &SecretName, secret: &Secret) -> Result<(), VaultError> {
        let mut ring = self.when_unlocked();
        if ring.fails_writing {
            return Err(VaultError::Locked);
        }
        ring.kept.insert(name.to_string(), secret.expose().to_owned());
        Ok(())
    }

    fn remove(&mut self, name: &SecretName) -> Result<(), VaultError> {
        self.when_unlocked().kept.remove(&name.to_string());
        Ok(())
    }

    fn place(&self) -> VaultPlace {
        VaultPlace::Keyring
    }
}

/// A model of default settings.
pub fn model() -> Model {
    Model::new(Default::default(), &[], LogBook::default())
}

/// Every state by name, for tests that walk them all.
pub fn states() -> Vec<(&'static str, Snapshot)> {
    let mut states = vec![
        ("nothing yet", Snapshot::default()),
        ("ready", ready()),
        ("live", live()),
        ("this computer", this_computer()),
        ("reconnecting", reconnecting()),
        ("never live", never_live()),
        ("stopping", stopping()),
        ("failed", failed()),
        ("slow network", slow_network()),
        ("trouble", trouble()),
        ("ended", Snapshot { stage: Stage::Ended, ..ready() }),
        ("broken", broken()),
    ];
    let steps = [
        ("connecting: resolve", Step::Resolve),
        ("connecting: connect", Step::Connect),
        ("connecting: encrypt", Step::Encrypt),
        ("connecting: handshake", Step::Handshake),
        ("connecting: application", Step::Application),
        ("connecting: publish", Step::Publish),
    ];
    states.extend(steps.map(|(name, step)| (name, connecting(step))));
    states
}

/// Preview only.
pub fn ready() -> Snapshot {
    Snapshot {
        at: MediaTime::from_millis(3_723_000),
        video: VideoSnapshot {
            due: 1_000,
            made: 1_000,
            fps: 30.0,
            encoder_ms: 0.0,
            ..VideoSnapshot::default()
        },
        camera: SourceSnapshot {
            status: Some(SourceStatus {
                name: "Test signal".into(),
                delivers: "1280×720, 30 fps".into(),
                ..SourceStatus::default()
            }),
            choices: Arc::new(vec![
                ("usb-1".into(), "Logitech HD Pro Webcam C920".into()),
                ("usb-2".into(), "Elgato Cam Link 4K".into()),
            ]),
            listed: true,
        },
        microphone: SourceSnapshot {
            status: Some(SourceStatus {
                name: "Test signal".into(),
                delivers: "48 kHz, 2 channels".into(),
                ..SourceStatus::default()
            }),
            choices: Arc::new(vec![("alsa-1".into(), "Blue Yeti Stereo Microphone".into())]),
            listed: true,
        },
        levels: Levels {
            peak: [-13.0, -15.5],
            hold: [-7.0, -9.5],
            rms: [-21.0, -23.0],
            ..Levels::default()
        },
        preview: Some(picture()),
        process: ProcessSnapshot { cpu_percent: 12.4, memory: 78_400_000 },
        ..Snapshot::default()
    }
}

/// On the way to live.
pub fn connecting(step: Step) -> Snapshot {
    publishing(Connection::Connecting(step))
}

/// Live on Twitch.
pub fn live() -> Snapshot {
    let since = MediaTime::from_millis(1_000);
    let mut snapshot = publishing(Connection::Live { since });
    snapshot.video.encoder_ms = 7.4;
    snapshot.process.cpu_percent = 41.0;
    let destination = &mut snapshot.destinations[0];
    destination.kbps = 2_634.0;
    destination.queue = Duration::from_millis(12);
    destination.live = Duration::from_secs(3_722);
    destination.bytes = 1_221_400_000;
    destination.video_frames = 111_660;
    destination.rtt = Some(Duration::from_millis(38));
    destination.unacknowledged = Some(61_000);
    snapshot
}

/// Live on the built-in server.
pub fn this_computer() -> Snapshot {
    let mut snapshot = live();
    snapshot.destinations[0].name = "This computer".into();
    snapshot.destinations[0].address = "rtmp://127.0.0.1:1935/live".into();
    snapshot.server = Some(ServerSnapshot {
        play_url: "rtmp://127.0.0.1:1935/live/show".into(),
        players: 1,
        publishers: 1,
    });
    snapshot
}

/// Waiting for the next try.
pub fn reconnecting() -> Snapshot {
    let mut snapshot = live();
    let reason = Fault::Stalled { waited: Duration::from_secs(4) };
    let destination = &mut snapshot.destinations[0];
    destination.connection = Connection::Reconnecting {
        at: snapshot.at + Duration::from_millis(1_700),
        attempt: 3,
        reason: reason.clone(),
    };
    destination.kbps = 0.0;
    destination.drops = Drops { network: 214, encoder: 0 };
    destination.log = Arc::new(vec![ConnectionLog {
        at: snapshot.at,
        live: Some(Duration::from_secs(120)),
        reason: reason.clone(),
    }]);
    snapshot.cause = Cause::Uplink("nothing has got through for 4 s".into());
    snapshot.faults = vec![reason];
    snapshot
}

/// Waiting for the next try of a first connection.
pub fn never_live() -> Snapshot {
    let mut snapshot = reconnecting();
    let destination = &mut snapshot.destinations[0];
    (destination.live, destination.bytes, destination.video_frames) = (Duration::ZERO, 0, 0);
    snapshot
}

/// Saying goodbye.
pub fn stopping() -> Snapshot {
    Snapshot { stage: Stage::Stopping, ..publishing(Connection::Stopping) }
}

/// Refused by the server.
pub fn failed() -> Snapshot {
    let fault = Fault::Refused {
        code: "NetStream.Publish.Denied".into(),
        text: "Stream key is not valid".into(),
    };
    let mut snapshot = publishing(Connection::Failed(fault.clone()));
    snapshot.stage = Stage::Idle;
    snapshot.faults = vec![fault];
    snapshot
}

/// The engine has stopped by itself.
pub fn broken() -> Snapshot {
    let fault = Fault::Internal { part: Part::Control, goes_on: false };
    Snapshot { stage: Stage::Ended, faults: vec![fault], ..Snapshot::default() }
}

/// Live on a link that carries too little.
pub fn slow_network() -> Snapshot {
    let mut snapshot = live();
    snapshot.cause = Cause::Uplink(
        "it carries about 1100 kbit/s and 2500 are needed; the bitrate was lowered".into(),
    );
    let destination = &mut snapshot.destinations[0];
    destination.kbps = 1_080.0;
    destination.target_kbps = 950;
    destination.queue = Duration::from_millis(460);
    destination.drops = Drops { network: 2_480, encoder: 31 };
    snapshot
}

/// Live with a camera that is gone and a muted microphone.
pub fn trouble() -> Snapshot {
    let mut snapshot = live();
    let name = "Logitech HD Pro Webcam C920";
    snapshot.camera.status = Some(SourceStatus {
        name: name.into(),
        trouble: Some(Trouble::Missing),
        ..SourceStatus::default()
    });
    snapshot.faults = vec![Fault::Camera { name: name.into(), trouble: Trouble::Missing }];
    snapshot.levels = Levels { muted: true, ..Levels::default() };
    snapshot.video.black = true;
    snapshot.cause = Cause::Camera("it has delivered nothing for 12 s".into());
    snapshot
}

fn publishing(connection: Connection) -> Snapshot {
    let mut snapshot = ready();
    snapshot.stage = Stage::Publishing;
    snapshot.destinations = vec![DestinationSnapshot {
        name: "Twitch".into(),
        address: "rtmps://ingest.global-contribute.live-video.net:443/app".into(),
        connection,
        kbps: 0.0,
        target_kbps: 2_500,
        queue: Duration::ZERO,
        drops: Drops::default(),
        video_frames: 0,
        breaks: 0,
        audio_frames: 0,
        bytes: 0,
        rtt: None,
        unacknowledged: None,
        live: Duration::ZERO,
        server_said: None,
        log: Arc::default(),
    }];
    snapshot
}

/// A picture with some structure, bars above a ramp.
pub fn picture() -> VideoFrame {
    let layout = Planes::new(1280, 720);
    FramePool::new(layout).fill(MediaTime::ZERO, |picture| {
        const BARS: [[u8; 3]; 7] = [
            [180, 128, 128],
            [168, 44, 136],
            [145, 147, 44],
            [133, 63, 52],
            [63, 193, 204],
            [51, 109, 212],
            [28, 212, 120],
        ];
        let (width, height) = (layout.width as usize, layout.height as usize);
        let [y, u, v] = picture.planes_mut();
        for row in 0..height {
            for x in 0..width {
                let bar = BARS[x * 7 / width];
                let ramp = (16 + x * 219 / width) as u8;
                let in_ramp = row > height * 3 / 4;
                y[row * width + x] = if in_ramp { ramp } else { bar[0] };
                let chroma = row / 2 * (width / 2) + x / 2;
                u[chroma] = if in_ramp { 128 } else { bar[1] };
                v[chroma] = if in_ramp { 128 } else { bar[2] };
            }
        }
    })
}
