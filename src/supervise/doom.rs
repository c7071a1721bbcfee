//! For tests alone: lets a thread panic at its next turn, to show what becomes of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::Part;

/// Whether any part is doomed: all that a turn of a thread costs.
static ARMED: AtomicBool = AtomicBool::new(false);
static DOOMED: Mutex<Vec<Part>> = Mutex::new(Vec::new());

/// The next turn of this part's thread ends in a panic.
pub fn doom(part: Part) {
    let mut doomed = DOOMED.lock().unwrap_or_else(PoisonError::into_inner);
    doomed.push(part);
    ARMED.store(true, Ordering::Release);
}

/// Dooms what `wish` names, such as `encode@2000,rtmp server@3000`: parts, each with the
/// time from now in milliseconds.
pub fn doom_from(wish: &str) {
    for one in wish.split(',') {
        let (name, delay) = one.split_once('@').unwrap_or((one, "0"));
        let part = Part::ALL.into_iter().find(|part| part.name() == name);
        let (Some(part), Ok(delay)) = (part, delay.parse()) else { continue };
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(delay));
            doom(part);
        });
    }
}

/// A turn of this part's thread: returns, unless a test wants the panic.
pub fn falter(part: Part) {
    if ARMED.load(Ordering::Relaxed) && take(part) {
        panic!("ended for a test");
    }
}

fn take(part: Part) -> bool {
    let mut doomed = DOOMED.lock().unwrap_or_else(PoisonError::into_inner);
    let place = doomed.iter().position(|other| *other == part);
    if let Some(place) = place {
        doomed.remove(place);
    }
    ARMED.store(!doomed.is_empty(), Ordering::Release);
    place.is_some()
}
