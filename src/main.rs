//! Parses arguments, starts logging, runs one face.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tallylight::engine::{
    AudioInput, Command, Engine, ExitClass, Fault, Options, Snapshot, VideoInput,
    give_large_blocks_back,
};
use tallylight::{cli, ui};

/// A server that has not taken the stream by then is given up: nobody wants to be
/// live by surprise when it comes back in an hour.
const FIRST_CONNECT: Duration = Duration::from_secs(90);

fn main() -> ExitCode {
    let started = Instant::now();
    give_large_blocks_back();
    let log = ui::LogBook::default();
    cli::main(log.clone(), || window(started, log))
}

/// Opens the window and returns when it has closed.
fn window(started: Instant, log: ui::LogBook) -> ExitCode {
    let start = |repaint: ui::Repaint| {
        let on_change: Box<dyn Fn() + Send> = Box::new(move || repaint());
        // The window says what to open, once it can be seen.
        let (video, audio) = (VideoInput::None, AudioInput::None);
        let on_change = Some(on_change);
        Link(Engine::start(Options {
            video,
            audio,
            give_up_first_connect: Some(FIRST_CONNECT),
            on_change,
            ..Options::default()
        }))
    };
    match ui::run(started, log, start) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ ui::Error::AlreadyRunning) => {
            cli::complain(&error.to_string());
            ExitCode::FAILURE
        }
        Err(error @ ui::Error::NoWindow(_)) => {
            cli::complain(&format!("{error}. `tallylight publish` goes live without one."));
            ExitCode::from(ExitClass::Device.status())
        }
    }
}

/// The engine, or why there is none.
struct Link(Result<Engine, Fault>);

impl ui::EngineLink for Link {
    fn send(&self, command: Command) -> bool {
        self.0.as_ref().is_ok_and(|engine| engine.send(command))
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        match &self.0 {
            Ok(engine) => engine.snapshot(),
            Err(fault) => Arc::new(Snapshot { faults: vec![fault.clone()], ..Snapshot::default() }),
        }
    }

    fn fault(&self) -> Option<Fault> {
        self.0.as_ref().err().cloned()
    }
}
