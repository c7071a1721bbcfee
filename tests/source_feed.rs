//! A sound card's callback must not allocate: counted by an allocator that
//! counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use std::time::Instant;

use tallylight::media::Clock;
use tallylight::source::Feed;

thread_local! {
    /// Allocations and releases of this thread.
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is handed to the system's allocator; the count is a plain
// cell of the thread, which needs no allocation itself.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = CALLS.try_with(|calls| calls.set(calls.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let _ = CALLS.try_with(|calls| calls.set(calls.get() + 1));
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn calls() -> u64 {
    CALLS.with(Cell::get)
}

#[test]
fn the_counting_allocator_counts() {
    let before = calls();
    drop(std::hint::black_box(vec![1_u8; 100]));
    assert!(calls() >= before + 2);
}

#[test]
fn the_callback_neither_allocates_nor_frees_even_when_the_ring_is_full() {
    let (mut feed, mut ring, _counts) = Feed::new(48_000, 2);
    let (floats, shorts) = (vec![0.5_f32; 2_048], vec![7_i16; 2_048]);
    let (longs, unsigned) = (vec![7_i32; 2_048], vec![7_u16; 2_048]);
    let mut scratch = vec![0.0; 19_200];
    let clock = Clock::starting_at(Instant::now());
    let before = calls();
    for n in 0..100 {
        // The clock is read there, too.
        let now = clock.at(Instant::now());
        feed.push(&floats, now);
        feed.push(&shorts, now);
        feed.push(&longs, now);
        feed.push(&unsigned, now);
        if n % 10 == 0 {
            let there = ring.slots().min(scratch.len());
            ring.pop_entire_slice(&mut scratch[..there]).expect("as many as there are");
        }
    }
    assert_eq!(calls(), before);
}
