//! Standard output, which nobody may be reading: lines go through a thread of
//! their own, so that a pipe that is full holds up neither the stream nor its end.

use std::io::Write;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

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
        // Full: nobody reads, or only later.
        Some(writer) => _ = writer.try_send(Job::Text(text.into())),
        None => write(text),
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
        None => write(text),
    }
}

/// Waits until everything is written, at most so long.
pub fn flush(limit: Duration) {
    if let Some(Some(writer)) = WRITER.get() {
        wait(writer, Instant::now() + limit);
    }
}

/// Prints at once, however long that takes: lists that somebody asked for.
pub fn write(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

/// Says what is wrong, where somebody reads it. Nothing ends for want of a reader.
pub fn complain(words: &str) {
    let _ = writeln!(std::io::stderr().lock(), "tallylight: {words}");
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
    let thread = thread::Builder::new().name("output".into()).spawn(move || run(&inbox));
    thread.is_ok().then_some(jobs)
}

fn run(inbox: &Receiver<Job>) {
    for job in inbox {
        match job {
            Job::Text(text) => write(&text),
            // Nobody waits any more: too late.
            Job::Mark(done) => _ = done.try_send(()),
        }
    }
}
