//! Standard output, which nobody may be reading: lines go through a thread of
//! their own, so that a pipe that is full holds up neither the stream nor its end.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use crate::supervise;

/// Lines that may wait; what comes beyond is lost, for old figures are worth
/// nothing.
const LINES: usize = 64;

/// How long the last line may take, and what waits at the end.
const LAST: Duration = Duration::from_secs(1);

/// What the thread is handed.
enum Job {
    Text(String),
    /// Says that all before it is written.
    Mark(Sender<()>),
}

/// The thread, once something was printed; `None`: there is none to be had.
static WRITER: OnceLock<Option<Sender<Job>>> = OnceLock::new();

/// Prints a line of figures, or loses it where nobody reads. A closed pipe is
/// nobody's fault: the stream goes on without a listener.
pub fn emit(text: &str) {
    match writer() {
        // Full: nobody reads, or only later. Without the thread there is another way.
        Some(writer) => {
            if let Err(TrySendError::Disconnected(_)) = writer.try_send(Job::Text(text.into())) {
                _ = write(text);
            }
        }
        None => _ = write(text),
    }
}

/// Prints what must not be lost: waits up to a second for it to be read.
pub fn emit_last(text: &str) {
    match writer() {
        Some(writer) => {
            let deadline = Instant::now() + LAST;
            // Late: nobody has read for a second.
            if writer.send_deadline(Job::Text(text.into()), deadline).is_ok() {
                wait(writer, deadline);
            }
        }
        None => _ = write(text),
    }
}

/// Waits until everything is written, at most so long.
pub fn flush(limit: Duration) {
    if let Some(Some(writer)) = WRITER.get() {
        wait(writer, Instant::now() + limit);
    }
}

/// Prints what the program was started for, however long that takes. The status says
/// whether it was written; a reader that has seen enough is no fault.
pub fn deliver(text: &str) -> ExitCode {
    let written = match closed::is_closed() {
        true => Err(io::Error::from(ErrorKind::NotConnected)),
        false => write(text),
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            complain(&not_written(&error));
            ExitCode::FAILURE
        }
    }
}

fn not_written(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotConnected => {
            "Standard output is closed: there is nowhere to print to.".into()
        }
        _ => format!("Nothing can be printed to standard output: {error}."),
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Says what is wrong, where somebody reads it. Nothing ends for want of a reader.
pub fn complain(words: &str) {
    say(&format!("tallylight: {words}\n"));
}

/// Writes to standard error as it is.
pub fn say(words: &str) {
    let _ = io::stderr().lock().write_all(words.as_bytes());
}

fn wait(writer: &Sender<Job>, deadline: Instant) {
    let (done, written) = bounded(1);
    if writer.send_deadline(Job::Mark(done), deadline).is_ok() {
        let _ = written.recv_deadline(deadline);
    }
}

fn writer() -> Option<&'static Sender<Job>> {
    WRITER.get_or_init(start).as_ref()
}

fn start() -> Option<Sender<Job>> {
    let (jobs, inbox) = bounded(LINES);
    let thread = supervise::spawn("output", move || run(&inbox));
    thread.is_ok().then_some(jobs)
}

fn run(inbox: &Receiver<Job>) {
    for job in inbox {
        match job {
            // A reader that is gone is no reason to end the stream.
            Job::Text(text) => _ = write(&text),
            // Nobody waits any more: too late.
            Job::Mark(done) => _ = done.try_send(()),
        }
    }
}

/// Whether there is a standard output. Before `main` the standard library puts a file that
/// swallows everything in the place of one that is closed, so this looks earlier.
#[cfg(target_os = "linux")]
mod closed {
    use std::sync::atomic::{AtomicBool, Ordering};

    static IS_CLOSED: AtomicBool = AtomicBool::new(false);

    #[used]
    #[unsafe(link_section = ".init_array")]
    static BEFORE_MAIN: extern "C" fn() = look;

    extern "C" fn look() {
        // SAFETY: this asks for a number, of a file that need not be open.
        let flags = unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFD) };
        IS_CLOSED.store(flags == -1, Ordering::Relaxed);
    }

    pub fn is_closed() -> bool {
        IS_CLOSED.load(Ordering::Relaxed)
    }
}

#[cfg(not(target_os = "linux"))]
mod closed {
    pub fn is_closed() -> bool {
        false
    }
}
