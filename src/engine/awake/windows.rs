//! The execution state of this thread. Written without Windows to try it on.

use super::Held;

#[link(name = "kernel32")]
unsafe extern "system" {
    fn SetThreadExecutionState(flags: u32) -> u32;
}

const CONTINUOUS: u32 = 0x8000_0000;
const SYSTEM_REQUIRED: u32 = 1;
const DISPLAY_REQUIRED: u32 = 2;

/// Until it is taken back, or this thread ends.
pub fn hold() -> Option<Held> {
    set(CONTINUOUS | SYSTEM_REQUIRED | DISPLAY_REQUIRED)
        .then(|| Held { by: "execution state", release: Box::new(|| _ = set(CONTINUOUS)) })
}

fn set(flags: u32) -> bool {
    // SAFETY: the function takes any flags, and no memory of ours.
    unsafe { SetThreadExecutionState(flags) != 0 }
}
