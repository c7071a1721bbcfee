//! Which devices the threads of this program have, so that one that is given up
//! and opened again at once waits for its old thread, and a device that an old
//! thread never lets go of is not said to be in another program's hands.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::life::{LOOK_UP, Life};
use crate::media::Clock;

/// A thread that has not let go by then sits in its driver.
const PATIENCE: Duration = Duration::from_secs(2);

static HELD: Mutex<Vec<Entry>> = Mutex::new(Vec::new());
static FREED: Condvar = Condvar::new();

struct Entry {
    device: String,
    number: u64,
    /// Somebody waited for it in vain: nobody does any more.
    is_stuck: bool,
}

/// A thread has the device for as long as it has this.
#[derive(Debug)]
pub(super) struct Hold {
    device: String,
    number: u64,
}

impl Hold {
    /// Waits until no other thread of this program has the device, but neither for
    /// ever nor for longer than the source wants it.
    pub fn take(device: &str, life: &Life, clock: Clock) -> Self {
        let until = Instant::now() + PATIENCE;
        let mut held = lock();
        while is_waited_for(&held, device) && !life.is_closed() {
            if Instant::now() >= until {
                held.iter_mut().filter(|e| e.device == device).for_each(|e| e.is_stuck = true);
                break;
            }
            life.beat(clock.at(Instant::now()));
            held = FREED.wait_timeout(held, LOOK_UP).unwrap_or_else(PoisonError::into_inner).0;
        }
        let number = held.iter().map(|entry| entry.number + 1).max().unwrap_or(0);
        held.push(Entry { device: device.into(), number, is_stuck: false });
        Self { device: device.into(), number }
    }

    /// Whether another thread of this program has the device, too.
    pub fn is_shared(&self) -> bool {
        lock().iter().any(|entry| entry.device == self.device && entry.number != self.number)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        lock().retain(|entry| entry.number != self.number);
        FREED.notify_all();
    }
}

/// Whether a thread that may let go of the device has it.
fn is_waited_for(held: &[Entry], device: &str) -> bool {
    held.iter().any(|entry| entry.device == device && !entry.is_stuck)
}

/// Whether a thread of this program has the device.
#[cfg(any(not(target_os = "linux"), test))]
pub(super) fn is_held(device: &str) -> bool {
    lock().iter().any(|entry| entry.device == device)
}

fn lock() -> MutexGuard<'static, Vec<Entry>> {
    // Whole after every statement.
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    fn take(device: &str) -> Hold {
        Hold::take(device, &Life::default(), Clock::starting_at(Instant::now()))
    }

    #[test]
    fn a_device_is_waited_for_until_its_old_thread_lets_go() {
        let old = take("hold 1");
        let other = take("hold 2");
        let let_go = Arc::new(AtomicBool::new(false));
        let letting_go = std::thread::spawn({
            let let_go = Arc::clone(&let_go);
            move || {
                std::thread::sleep(Duration::from_millis(150));
                let_go.store(true, Ordering::SeqCst);
                drop(old);
            }
        });
        let new = take("hold 1");
        assert!(let_go.load(Ordering::SeqCst), "it had the device until then");
        assert!(!new.is_shared() && !other.is_shared() && is_held("hold 1"));
        letting_go.join().unwrap();
    }

    #[test]
    fn a_thread_that_never_lets_go_is_waited_for_once() {
        let _stuck = take("hold 3");
        assert!(is_waited_for(&lock(), "hold 3"));
        let begun = Instant::now();
        let first = take("hold 3");
        assert!(begun.elapsed() >= PATIENCE && first.is_shared());
        drop(first);
        assert!(!is_waited_for(&lock(), "hold 3"), "the next one opens it at once");
        assert!(take("hold 3").is_shared());
    }
}
