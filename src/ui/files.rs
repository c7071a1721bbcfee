//! The system's file dialogs, which wait for a person on a thread of their own.

use std::future::Future;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::{Repaint, text};
use crate::supervise::{self, Fate};

/// What came of a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picked {
    /// A picture file.
    Picture(PathBuf),
    /// The log was written: a sentence that says where.
    LogSaved(String),
    /// The log could not be written: a sentence that says why.
    LogNotSaved(String),
    /// Closed without a choice.
    Nothing,
    /// The system shows no dialog for a picture.
    NoPictureDialog,
    /// The system shows no dialog for the log.
    NoLogDialog,
}

/// Nobody closes a dialog so soon after it was asked for: the system has none. The
/// libraries don't tell.
const CLOSED_BY_NOBODY: Duration = Duration::from_millis(250);

/// File dialogs.
pub trait Files {
    /// Asks for a picture file.
    fn pick_picture(&mut self);

    /// Asks for a file and writes `log` into it.
    fn save_log(&mut self, log: String);

    /// What came since the last call.
    fn picked(&mut self) -> Option<Picked>;
}

/// The system's dialogs, one at a time.
pub struct SystemFiles {
    repaint: Repaint,
    answering: Sender<Picked>,
    answers: Receiver<Picked>,
    /// The thread that waits for the dialog that is open.
    open: Option<Fate>,
}

impl SystemFiles {
    /// No dialog is open yet.
    pub fn new(repaint: Repaint) -> Self {
        let (answering, answers) = bounded(1);
        Self { repaint, answering, answers, open: None }
    }

    /// Waits on a thread of its own for the file that is chosen, or for nothing, or
    /// for `none` where the system shows no dialog. The dialog itself has to be
    /// made on the thread that draws, which macOS insists on.
    fn wait(
        &mut self,
        dialog: impl Future<Output = Option<rfd::FileHandle>> + Send + 'static,
        none: Picked,
        chosen: impl FnOnce(&Path) -> Picked + Send + 'static,
    ) {
        let asked = Instant::now();
        let picked = async move {
            match dialog.await {
                Some(file) => chosen(file.path()),
                None if asked.elapsed() < CLOSED_BY_NOBODY => none,
                None => Picked::Nothing,
            }
        };
        let (answering, repaint) = (self.answering.clone(), Arc::clone(&self.repaint));
        let waiting = supervise::spawn("dialog", move || {
            // One dialog at a time, so there is room for its answer.
            _ = answering.try_send(block_on(picked));
            repaint();
        });
        self.open = waiting.ok().map(|thread| thread.fate());
    }
}

impl Files for SystemFiles {
    fn pick_picture(&mut self) {
        if self.open.is_some() {
            return;
        }
        let dialog = rfd::AsyncFileDialog::new()
            .set_title(text::CHOOSE_PICTURE_TITLE)
            .add_filter(text::PICTURE_FILES, &["png", "jpg", "jpeg", "PNG", "JPG", "JPEG"])
            .pick_file();
        self.wait(dialog, Picked::NoPictureDialog, |path| Picked::Picture(path.to_owned()));
    }

    fn save_log(&mut self, log: String) {
        if self.open.is_some() {
            return;
        }
        let dialog = rfd::AsyncFileDialog::new()
            .set_title(text::SAVE_LOG_TITLE)
            .set_file_name(text::LOG_FILE)
            .save_file();
        self.wait(dialog, Picked::NoLogDialog, move |path| {
            let written = std::fs::File::create(path).and_then(|mut f| f.write_all(log.as_bytes()));
            let words = text::log_saved(path, &written);
            if written.is_ok() { Picked::LogSaved(words) } else { Picked::LogNotSaved(words) }
        });
    }

    fn picked(&mut self) -> Option<Picked> {
        let is_over = self.open.as_ref().is_some_and(Fate::is_over);
        let picked = self.answers.try_recv().ok();
        if is_over || picked.is_some() {
            self.open = None;
        }
        picked
    }
}

/// Runs `future` on this thread, which sleeps while there is nothing to do.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        let future: Pin<&mut _> = future.as_mut();
        match future.poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_future_that_is_woken_elsewhere_is_waited_for() {
        let (sender, receiver) = bounded::<Waker>(1);
        thread::spawn(move || receiver.recv().expect("the future sends it").wake());
        let mut asked = false;
        let woken = std::future::poll_fn(move |context| {
            if asked {
                return Poll::Ready(7);
            }
            asked = true;
            _ = sender.send(context.waker().clone());
            Poll::Pending
        });
        assert_eq!(block_on(woken), 7);
    }
}
