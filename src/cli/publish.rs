//! `tallylight publish`: goes live, prints figures, ends with a status.

use std::io::BufRead;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::args::Publish;
use super::report::{Reporter, emit};
use crate::engine::{
    AudioInput, Command, Connection, DestinationSettings, Engine, ExitClass, Fault, Options,
    Snapshot, SourceSnapshot, SourceStatus, Stage, Trouble, VideoInput,
};
use crate::protocol::rtmp::key::{Credentials, StreamKey};

/// How often the engine's state is looked at; states change rarely, and the
/// engine works on while nobody looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A device that has not answered after this time is waited for while live.
const DEVICES_ANSWER: Duration = Duration::from_secs(5);

/// The environment's name for the key.
const KEY_VARIABLE: &str = "TALLYLIGHT_KEY";

/// The environment's name for the password.
const PASSWORD_VARIABLE: &str = "TALLYLIGHT_PASSWORD";

/// Publishes until it is told to stop, the time is over, or it can't go on.
pub fn run(args: &Publish) -> ExitCode {
    let mut reporter = Reporter::new(args.json);
    if args.camera == VideoInput::None && args.mic == AudioInput::None {
        let why = "Neither picture nor sound is left: only one of them can be none".into();
        return refuse(&Fault::Address(why));
    }
    let settings = match destination(args) {
        Ok(settings) => settings,
        Err(fault) => return refuse(&fault),
    };
    let engine = match Engine::start(Options {
        output: args.output(),
        video: args.camera.clone(),
        audio: args.mic.clone(),
        give_up_first_connect: (!args.keep_trying).then_some(Duration::from_secs(4)),
        ..Options::default()
    }) {
        Ok(engine) => engine,
        Err(fault) => return refuse(&fault),
    };
    let interrupts = count_interrupts();
    if !args.keep_trying
        && let Some(missing) = missing_device(&engine, args, &interrupts)
    {
        return refuse_device(&missing);
    }
    let announce = settings.built_in_server && !args.json;
    engine.send(Command::GoLive(settings));
    let last = watch(&engine, &mut reporter, args.duration, &interrupts, announce);
    reporter.finish(&last);
    status_of(&last)
}

/// Says what is wrong before anything was started.
fn refuse(fault: &Fault) -> ExitCode {
    eprintln!("tallylight: {fault}");
    ExitCode::from(fault.exit_class().status())
}

/// Waits until it is known whether the devices that were asked for are there;
/// one that is not. Nothing goes live with a misspelt name: a device that is
/// busy or pulled out later is another matter, for it comes back.
fn missing_device(engine: &Engine, args: &Publish, interrupts: &AtomicUsize) -> Option<Fault> {
    let camera = matches!(args.camera, VideoInput::Camera(_) | VideoInput::Default);
    let microphone = matches!(args.mic, AudioInput::Microphone(_) | AudioInput::Default);
    let begun = engine.now();
    loop {
        let snapshot = engine.snapshot();
        let missing = |fault: &&Fault| {
            let (Fault::Camera { trouble, .. } | Fault::Microphone { trouble, .. }) = fault else {
                return false;
            };
            *trouble == Trouble::Missing
        };
        if let Some(fault) = snapshot.faults.iter().find(missing) {
            return Some(fault.clone());
        }
        let is_known = |wanted: bool, source: &SourceSnapshot| {
            let known = |s: &SourceStatus| s.trouble.is_some() || !s.delivers.is_empty();
            !wanted || source.status.as_ref().is_some_and(known)
        };
        let known =
            is_known(camera, &snapshot.camera) && is_known(microphone, &snapshot.microphone);
        let enough = engine.now().since(begun) >= DEVICES_ANSWER;
        if known || enough || interrupts.load(Ordering::Relaxed) > 0 {
            return None;
        }
        engine.wait_for_change(LOOK_EVERY);
    }
}

/// Says that a device is not there, and where to find what is.
fn refuse_device(fault: &Fault) -> ExitCode {
    eprintln!(
        "tallylight: {}. `tallylight devices` lists what there is; `test` in its place is the \
         test signal; --keep-trying goes live without it and waits for it.",
        fault.sentence()
    );
    ExitCode::from(fault.exit_class().status())
}

/// Follows the engine until the stream has ended; returns the last snapshot.
fn watch(
    engine: &Engine,
    reporter: &mut Reporter,
    duration: Option<Duration>,
    interrupts: &AtomicUsize,
    announce: bool,
) -> Arc<Snapshot> {
    let (mut stopping, mut announced) = (false, !announce);
    loop {
        engine.wait_for_change(LOOK_EVERY);
        let snapshot = engine.snapshot();
        if let (false, Some(server)) = (announced, &snapshot.server) {
            emit(&format!("Open in a player: {}\n", server.play_url));
            announced = true;
        }
        reporter.show(&snapshot);
        let ended = snapshot.stage == Stage::Idle && !snapshot.destinations.is_empty();
        if ended || snapshot.stage == Stage::Ended {
            return snapshot;
        }
        let enough = duration.is_some_and(|limit| {
            snapshot.destinations.first().is_some_and(|destination| destination.live >= limit)
        });
        let interrupted = interrupts.load(Ordering::Relaxed);
        if !stopping && (enough || interrupted > 0) {
            engine.send(Command::Stop);
            stopping = true;
        }
        if interrupted > 1 {
            return snapshot;
        }
    }
}

/// The exit status of a stream that has ended.
fn status_of(last: &Snapshot) -> ExitCode {
    let Some(destination) = last.destinations.first() else {
        return ExitCode::from(ExitClass::Device.status());
    };
    match &destination.connection {
        Connection::Failed(fault) => {
            eprintln!("tallylight: {fault}");
            ExitCode::from(fault.exit_class().status())
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Counts Ctrl-C and the system's request to end. The first stops cleanly, the
/// second at once.
fn count_interrupts() -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    if let Err(error) = ctrlc::set_handler(move || {
        counter.fetch_add(1, Ordering::Relaxed);
    }) {
        tracing::warn!(%error, "Ctrl-C will end the program without a goodbye");
    }
    count
}

fn destination(args: &Publish) -> Result<DestinationSettings, Fault> {
    let Some(url) = &args.url else {
        return Ok(DestinationSettings {
            name: "this computer".into(),
            built_in_server: true,
            ..DestinationSettings::default()
        });
    };
    Ok(DestinationSettings {
        name: "server".into(),
        server: url.clone(),
        key: secret_key(args)?,
        credentials: credentials(args)?,
        ca_file: args.ca_file.clone(),
        only_certificate: args.only_certificate,
        ..DestinationSettings::default()
    })
}

/// User and password, where a user was named.
fn credentials(args: &Publish) -> Result<Option<Credentials>, Fault> {
    let Some(user) = args.user.as_deref().map(str::trim).filter(|user| !user.is_empty()) else {
        return Ok(None);
    };
    match std::env::var(PASSWORD_VARIABLE) {
        Ok(password) => Ok(Some(Credentials::new(user, &password))),
        Err(_) => Err(Fault::Address(format!(
            "There is no password for “{user}” in the environment's {PASSWORD_VARIABLE}"
        ))),
    }
}

/// The key from standard input or the environment, where one was given.
fn secret_key(args: &Publish) -> Result<Option<StreamKey>, Fault> {
    if args.key_stdin {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        let key = StreamKey::new(&line);
        return match read {
            Ok(_) if !key.is_empty() => Ok(Some(key)),
            Ok(_) => Err(Fault::Address("There was no stream key on standard input".into())),
            Err(error) => Err(Fault::Address(format!("The stream key could not be read: {error}"))),
        };
    }
    let key = std::env::var(KEY_VARIABLE).ok().map(|text| StreamKey::new(&text));
    Ok(key.filter(|key| !key.is_empty()))
}
