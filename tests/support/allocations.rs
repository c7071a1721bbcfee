//! An allocator that counts what each thread asks for. A test file that includes
//! this measures with it in all its tests.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call is handed to the system's allocator unchanged; the counters
// are plain cells of the thread that allocate nothing themselves.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        record(layout.size() as isize);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        release(layout.size() as isize);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        release(layout.size() as isize);
        record(new_size as isize);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

fn record(size: isize) {
    COUNT.set(COUNT.get() + 1);
    LIVE.set(LIVE.get() + size);
    PEAK.set(PEAK.get().max(LIVE.get()));
}

fn release(size: isize) {
    LIVE.set(LIVE.get() - size);
}

/// What some work of this thread asked for.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// How often it asked.
    pub allocations: usize,
    /// The most it held at a time, in bytes.
    pub peak_bytes: usize,
}

/// Measures some work.
pub fn measure<T>(work: impl FnOnce() -> T) -> (T, Usage) {
    let (count, live) = (COUNT.get(), LIVE.get());
    PEAK.set(live);
    let result = work();
    let allocations = COUNT.get() - count;
    (result, Usage { allocations, peak_bytes: (PEAK.get() - live).unsigned_abs() })
}
