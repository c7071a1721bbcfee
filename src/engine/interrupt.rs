//! The system's request to end the program: Ctrl-C, a logout, `kill`.

/// Calls `handle` at each request from now on. A hangup that whoever started the
/// program wants ignored, as `nohup` does, stays ignored.
pub fn on_interrupt(handle: impl FnMut() + Send + 'static) -> Result<(), ctrlc::Error> {
    #[cfg(unix)]
    let ignores_hangup = hangup::is_ignored();
    ctrlc::set_handler(handle)?;
    #[cfg(unix)]
    if ignores_hangup {
        hangup::ignore();
    }
    Ok(())
}

#[cfg(unix)]
mod hangup {
    /// Whether this process was started with it ignored.
    pub fn is_ignored() -> bool {
        // SAFETY: any bytes make one of the struct's fields, integers and a pointer that
        // nobody follows.
        let mut now: libc::sigaction = unsafe { std::mem::zeroed() };
        // SAFETY: nothing is set, and what is asked for goes to a struct of that kind.
        let answer = unsafe { libc::sigaction(libc::SIGHUP, std::ptr::null(), &raw mut now) };
        answer == 0 && now.sa_sigaction == libc::SIG_IGN
    }

    /// Has it ignored from now on.
    pub fn ignore() {
        // SAFETY: no code of ours runs at the signal.
        unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
    }
}
