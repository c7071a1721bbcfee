//! The end of an X display. Xlib ends the program at once when its server goes, unless it
//! is told otherwise; other displays report an error to the window's toolkit.

#[cfg(target_os = "linux")]
pub use x11::when_gone;

/// Nothing has to be told anybody.
#[cfg(not(target_os = "linux"))]
pub fn when_gone(_: impl FnOnce() + 'static) {}

#[cfg(target_os = "linux")]
mod x11 {
    use std::cell::Cell;
    use std::ffi::{c_int, c_void};
    use std::thread;

    type Handler = extern "C" fn(*mut c_void) -> c_int;
    type SetHandler = unsafe extern "C" fn(Option<Handler>) -> Option<Handler>;

    thread_local! {
        /// What the window's thread does in place of ending the program.
        static ACT: Cell<Option<Box<dyn FnOnce()>>> = const { Cell::new(None) };
    }

    /// Has `act` called on this thread, which draws, when the display goes. It must end the
    /// program: Xlib can't go on.
    pub fn when_gone(act: impl FnOnce() + 'static) {
        ACT.set(Some(Box::new(act)));
        // SAFETY: the name ends with a zero, and the library is not loaded anew.
        let library =
            unsafe { libc::dlopen(c"libX11.so.6".as_ptr(), libc::RTLD_LAZY | libc::RTLD_NOLOAD) };
        if library.is_null() {
            // Not an X display.
            return;
        }
        // SAFETY: the library is loaded, and the name ends with a zero.
        let set = unsafe { libc::dlsym(library, c"XSetIOErrorHandler".as_ptr()) };
        if !set.is_null() {
            // SAFETY: since X11R1 this function has taken a handler and returned the last.
            unsafe { std::mem::transmute::<*mut c_void, SetHandler>(set)(Some(gone)) };
        }
    }

    /// Never returns: Xlib would end the program.
    extern "C" fn gone(_: *mut c_void) -> c_int {
        if let Some(act) = ACT.take() {
            act();
        }
        // Another thread's call; the one that draws will find out itself.
        loop {
            thread::park();
        }
    }
}
