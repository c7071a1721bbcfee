//! Parses arguments, starts logging, runs one face.

use std::cell::RefCell;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tallylight::engine::{
    AudioInput, Command, Engine, ExitClass, Fault, Options, Snapshot, VideoInput,
    give_large_blocks_back,
};
use tallylight::{cli, supervise, ui};

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
    match ui::run(started, log, Link::new) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ ui::Error::AlreadyRunning) => {
            cli::complain(&error.to_string());
            ExitCode::FAILURE
        }
        Err(ui::Error::Gone(why)) => {
            cli::complain(&format!("{why}."));
            ExitCode::from(ExitClass::Device.status())
        }
        Err(error @ ui::Error::NoWindow(_)) => {
            cli::complain(&format!("{error}. `tallylight publish` goes live without one."));
            ExitCode::from(ExitClass::Device.status())
        }
    }
}

/// The engine, or why there is none.
struct Link {
    engine: RefCell<Result<Engine, Fault>>,
    repaint: ui::Repaint,
}

impl Link {
    fn new(repaint: ui::Repaint) -> Self {
        Self { engine: RefCell::new(start(Arc::clone(&repaint))), repaint }
    }
}

fn start(repaint: ui::Repaint) -> Result<Engine, Fault> {
    // The window says what to open, once it can be seen.
    let (video, audio) = (VideoInput::None, AudioInput::None);
    Engine::start(Options {
        video,
        audio,
        give_up_first_connect: Some(FIRST_CONNECT),
        on_change: Some(repaint),
        ..Options::default()
    })
}

impl ui::EngineLink for Link {
    fn send(&self, command: Command) -> bool {
        self.engine.borrow().as_ref().is_ok_and(|engine| engine.send(command))
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        match &*self.engine.borrow() {
            Ok(engine) => engine.snapshot(),
            Err(fault) => Arc::new(Snapshot { faults: vec![fault.clone()], ..Snapshot::default() }),
        }
    }

    fn fault(&self) -> Option<Fault> {
        self.engine.borrow().as_ref().err().cloned()
    }

    fn restart(&self) -> bool {
        let engine = start(Arc::clone(&self.repaint));
        let restarted = engine.is_ok();
        if restarted {
            let old = self.engine.replace(engine);
            // Its stream may still have to say goodbye, for which the window can't wait.
            let _ = supervise::spawn("goodbye", move || drop(old));
        }
        restarted
    }
}
