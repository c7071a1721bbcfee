//! A picture file on its way: it is read and decoded on a thread of its own, for a disk
//! or a network may take its time, or never answer.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, TryRecvError, bounded};

use super::{Fault, VideoInput};
use crate::media::MediaTime;
use crate::source::VideoSource;
use crate::supervise::{self, Part};
use crate::text::fault as text;

/// A file that takes longer is spoken of.
const SLOW: Duration = Duration::from_secs(3);

/// Files that may be waited for at a time: each has a thread, and one whose storage is
/// gone keeps it.
const MOST: usize = 4;

/// What was opened: a source, or none.
pub type Opened = Result<Option<Box<dyn VideoSource>>, Fault>;

/// The file that was asked for last; what was asked for before is dropped when it comes.
#[derive(Default)]
pub struct Openings {
    current: Option<Opening>,
    /// One of these for each thread.
    threads: Arc<()>,
}

struct Opening {
    input: VideoInput,
    since: MediaTime,
    answer: Receiver<Opened>,
}

impl Openings {
    /// Begins to open `input`.
    pub fn begin(
        &mut self,
        now: MediaTime,
        input: VideoInput,
        open: impl FnOnce() -> Opened + Send + 'static,
    ) -> Result<(), Fault> {
        self.cancel();
        if Arc::strong_count(&self.threads) > MOST {
            return Err(Fault::Source { why: text::STORAGE_GONE.into() });
        }
        let thread = Arc::clone(&self.threads);
        let (sender, answer) = bounded(1);
        let read = move || {
            let _thread = thread;
            supervise::falter(Part::Picture);
            // Nobody waits for it any more: another was chosen.
            let _ = sender.send(open());
        };
        supervise::spawn(Part::Picture.name(), read)
            .map_err(|error| Fault::System { why: text::no_thread(&error) })?;
        self.current = Some(Opening { input, since: now, answer });
        Ok(())
    }

    /// Forgets the file that is on its way.
    pub fn cancel(&mut self) {
        self.current = None;
    }

    /// Whether a file is on its way.
    pub fn is_waiting(&self) -> bool {
        self.current.is_some()
    }

    /// The file, once it is there, and what it was asked for as.
    pub fn poll(&mut self) -> Option<(VideoInput, Opened)> {
        let opened = match self.current.as_ref()?.answer.try_recv() {
            Ok(opened) => opened,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => broken(),
        };
        self.take(opened)
    }

    /// Waits for the file, at most so long.
    pub fn wait(&mut self, limit: Duration) -> Option<(VideoInput, Opened)> {
        let opened = match self.current.as_ref()?.answer.recv_timeout(limit) {
            Ok(opened) => opened,
            Err(RecvTimeoutError::Timeout) => Err(slow()),
            Err(RecvTimeoutError::Disconnected) => broken(),
        };
        self.take(opened)
    }

    /// What is to be said of a file that takes its time.
    pub fn trouble(&self, now: MediaTime) -> Option<Fault> {
        self.current.as_ref().filter(|opening| now.since(opening.since) >= SLOW).map(|_| slow())
    }

    fn take(&mut self, opened: Opened) -> Option<(VideoInput, Opened)> {
        self.current.take().map(|opening| (opening.input, opened))
    }
}

fn slow() -> Fault {
    Fault::Source { why: text::PICTURE_SLOW.into() }
}

/// What a file holds must not end more than the wish for it.
fn broken() -> Opened {
    Err(Fault::Source { why: text::SOURCE_BROKEN.into() })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn picture(name: &str) -> VideoInput {
        VideoInput::Picture(name.into())
    }

    fn at(ms: i64) -> MediaTime {
        MediaTime::from_millis(ms)
    }

    #[test]
    fn a_file_that_never_comes_is_spoken_of_and_another_can_be_chosen() {
        let mut openings = Openings::default();
        let mut stuck = Vec::new();
        for n in 0..MOST {
            let (answer, waits) = mpsc::channel::<()>();
            stuck.push(answer);
            let never = move || {
                let _ = waits.recv();
                Ok(None)
            };
            openings.begin(at(0), picture("gone"), never).expect("a thread");
            assert!(openings.poll().is_none(), "{n}");
        }
        assert_eq!(openings.trouble(at(2_999)), None);
        assert_eq!(openings.trouble(at(3_000)), Some(slow()));
        let refused = openings.begin(at(0), picture("one more"), || Ok(None));
        assert_eq!(refused, Err(Fault::Source { why: text::STORAGE_GONE.into() }));
        // The storage is back.
        stuck.clear();
        while Arc::strong_count(&openings.threads) > 1 {
            std::thread::yield_now();
        }
        openings.begin(at(9_000), picture("there"), || Ok(None)).expect("a thread");
        let (input, opened) = openings.wait(LONG).expect("it was asked for");
        assert!(opened.is_ok_and(|source| source.is_none()) && input == picture("there"));
        assert!(!openings.is_waiting() && openings.trouble(at(99_000)).is_none());
    }

    #[test]
    fn a_file_that_the_decoder_stumbles_over_is_an_error() {
        let mut openings = Openings::default();
        openings.begin(at(0), picture("bad"), || panic!("on purpose")).expect("a thread");
        let (_, opened) = openings.wait(LONG).expect("it was asked for");
        assert_eq!(opened.err(), broken().err());
    }
}
