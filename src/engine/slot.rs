//! A place for the newest value of something: writing replaces, reading copies.

use std::sync::{Mutex, PoisonError};

/// Holds at most one value. Neither side waits for the other beyond the copy.
#[derive(Debug)]
pub struct Slot<T>(Mutex<Option<T>>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone> Slot<T> {
    /// Replaces the value.
    pub fn put(&self, value: T) {
        // The old value is dropped after the lock is let go.
        let _old = self.lock().replace(value);
    }

    /// The newest value, which stays.
    pub fn latest(&self) -> Option<T> {
        self.lock().clone()
    }

    /// Forgets the value.
    pub fn clear(&self) {
        let _old = self.lock().take();
    }

    /// A value is replaced as a whole, so a panic can't leave half of one.
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
