//! Going on without a window: the display has gone, and a stream is no reason to go with
//! it.

use std::cell::RefCell;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use super::EngineLink;
use super::ending::Ending;
use super::phase::Phase;
use crate::engine::Command;

/// How often the stream is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A stream that was asked to end gets so long; the engine needs at most two seconds.
const LONGEST_END: Duration = Duration::from_secs(3);

/// What outlives the window.
pub(super) struct Survivors<L> {
    link: RefCell<Option<Rc<L>>>,
    /// The system's request to end.
    pub ending: Ending,
}

impl<L> Survivors<L> {
    /// Nothing yet.
    pub fn new() -> Rc<Self> {
        Rc::new(Self { link: RefCell::new(None), ending: Ending::default() })
    }

    /// Keeps the engine beside the window.
    pub fn keep(&self, link: L) -> Rc<L> {
        let link = Rc::new(link);
        self.link.replace(Some(Rc::clone(&link)));
        link
    }

    /// The engine, where the window came so far.
    pub fn link(&self) -> Option<Rc<L>> {
        self.link.take()
    }
}

/// Stays until the stream has ended, by itself or because the system asked for it.
pub(super) fn go_on<L: EngineLink>(link: &L, ending: &Ending) {
    let phase = || Phase::of(&link.snapshot());
    while phase().is_busy() && !ending.is_asked() {
        thread::sleep(LOOK_EVERY);
    }
    let asked = Instant::now();
    link.send(Command::Stop);
    while phase().is_busy() && asked.elapsed() < LONGEST_END {
        thread::sleep(LOOK_EVERY.min(Duration::from_millis(20)));
    }
    link.send(Command::Shutdown);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::engine::{Snapshot, Stage};

    /// Publishes until it is told to stop, and takes some looks to end.
    #[derive(Default)]
    struct Live {
        looks: AtomicU32,
        stopped: AtomicU32,
    }

    impl EngineLink for Live {
        fn send(&self, command: Command) -> bool {
            if let Command::Stop = command {
                self.stopped.fetch_add(1, Ordering::Relaxed);
            }
            true
        }

        fn snapshot(&self) -> Arc<Snapshot> {
            let looks = self.looks.fetch_add(1, Ordering::Relaxed);
            let stage = match self.stopped.load(Ordering::Relaxed) {
                0 => Stage::Publishing,
                _ if looks < 5 => Stage::Stopping,
                _ => Stage::Idle,
            };
            Arc::new(Snapshot { stage, ..Snapshot::default() })
        }
    }

    #[test]
    fn a_stream_goes_on_until_the_system_asks_for_its_end() {
        let survivors = Survivors::new();
        let link = survivors.keep(Live::default());
        let ending = survivors.ending.clone();
        let asking = thread::spawn(move || {
            thread::sleep(Duration::from_millis(250));
            ending.ask();
        });
        go_on(&*link, &survivors.ending);
        asking.join().expect("it asks");
        assert_eq!(link.stopped.load(Ordering::Relaxed), 1);
        assert!(link.looks.load(Ordering::Relaxed) > 4, "it has waited for the end");
    }
}
