//! Whether the machine itself stood still meanwhile: whatever a shared machine does
//! to everybody says nothing of the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long the witness sleeps at a time, and how much later it may wake up.
const NAP: Duration = Duration::from_millis(10);
const PUNCTUAL: Duration = Duration::from_millis(20);

/// Threads that do nothing but see whether they are let to, one for each processor.
pub struct Witness {
    begun: Instant,
    seen: Vec<Arc<Seen>>,
    over: Arc<AtomicBool>,
}

/// What one of them saw, in µs.
#[derive(Default)]
struct Seen {
    longest: AtomicU64,
    all: AtomicU64,
}

impl Witness {
    /// Looks from now on.
    pub fn start() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let watch = |_| {
            let (seen, over) = (Arc::<Seen>::default(), Arc::clone(&over));
            let theirs = Arc::clone(&seen);
            thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let begun = Instant::now();
                    thread::sleep(NAP);
                    theirs.note(begun.elapsed().saturating_sub(NAP));
                }
            });
            seen
        };
        let processors = thread::available_parallelism().map_or(1, usize::from);
        Self { seen: (0..processors).map(watch).collect(), begun: Instant::now(), over }
    }

    /// The time since the start in which the machine ran.
    pub fn elapsed(&self) -> Duration {
        let stood_still = self.seen.iter().map(|seen| seen.all.load(Ordering::Relaxed)).max();
        self.begun.elapsed().saturating_sub(Duration::from_micros(stood_still.unwrap_or(0)))
    }

    /// The longest time since the start in which it did not.
    pub fn longest_pause(&self) -> Duration {
        let longest = self.seen.iter().map(|seen| seen.longest.load(Ordering::Relaxed)).max();
        Duration::from_micros(longest.unwrap_or(0))
    }
}

impl Seen {
    fn note(&self, late: Duration) {
        if late > PUNCTUAL {
            let late = u64::try_from(late.as_micros()).unwrap_or(u64::MAX);
            self.longest.fetch_max(late, Ordering::Relaxed);
            self.all.fetch_add(late, Ordering::Relaxed);
        }
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// For how long a run may be begun again.
const AGAIN: Duration = Duration::from_secs(120);

/// What `run` gives, run again for a while, if the machine stood still for `pause` or
/// longer in the midst of it. A machine that never lets it run undisturbed is the failure:
/// what a disturbed run gives says nothing.
pub fn undisturbed<T>(pause: Duration, mut run: impl FnMut() -> T) -> T {
    let begun = Instant::now();
    loop {
        let witness = Witness::start();
        let result = run();
        let stood_still = witness.longest_pause();
        if stood_still < pause {
            return result;
        }
        assert!(
            begun.elapsed() < AGAIN,
            "this can't be judged here: the machine stood still in each run, last for {stood_still:?}"
        );
        eprintln!("once more: the machine stood still for {stood_still:?}");
    }
}
