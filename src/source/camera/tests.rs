//! The source and the thread's work against cameras on paper.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::backend::{Arrival, Capture, Found};
use super::choose::{Mode, Offer};
use super::*;
use crate::media::{Picture, Plane, Planes};
use crate::scene::{RawFormat, RawImage};
use crate::source::hold::Hold;

const LAYOUT: Planes = Planes::new(64, 36);

fn wish() -> Wish {
    Wish { layout: LAYOUT, rate: FrameRate::whole(30), size: None, format: None }
}

/// A source without a thread: the test plays the thread's part.
fn camera() -> Camera {
    let clock = Clock::starting_at(Instant::now());
    let shared = Arc::new(Shared::default());
    Camera {
        request: Request::parse("usb:1").unwrap(),
        layout: LAYOUT,
        wish: wish(),
        clock,
        shared,
        // So that no thread is started for a source whose time is the test's.
        overseer: Overseer::resigned(),
        pacer: Pacer::default(),
        slate: None,
        shows_slate: false,
    }
}

fn at(millis: i64) -> MediaTime {
    MediaTime::from_millis(millis)
}

/// A picture arrives that was taken at `millis`.
fn deliver(camera: &Camera, millis: i64) {
    let picture = Arc::new(Picture::black(Planes::new(32, 18)));
    let mut state = camera.shared.state();
    state.before = state.latest.replace(VideoFrame { time: at(millis), picture });
    state.note(at(millis), None);
}

fn fail(camera: &Camera, trouble: Trouble) {
    camera.shared.state().trouble = Some(trouble);
}

/// Whether what is shown is a slate: dark grey ground in the output's size.
fn is_slate(frame: &VideoFrame) -> bool {
    frame.picture.layout() == LAYOUT && frame.picture.plane(Plane::Y)[0] == 40
}

#[test]
fn nothing_is_shown_until_something_is_known() {
    let mut camera = camera();
    assert!(camera.frame(at(0)).is_none());
    fail(&camera, Trouble::Busy);
    assert!(is_slate(&camera.frame(at(33)).unwrap()));
    deliver(&camera, 60);
    assert!(!is_slate(&camera.frame(at(66)).unwrap()));
}

#[test]
fn a_camera_that_takes_its_time_is_said_to_be_starting() {
    let mut camera = camera();
    camera.frame(at(0));
    assert!(camera.frame(at(1_999)).is_none());
    assert!(is_slate(&camera.frame(at(2_000)).unwrap()));
    assert_eq!(camera.slate.as_ref().map(|(words, _)| *words), Some(slate::STARTING));
    deliver(&camera, 2_010);
    assert!(!is_slate(&camera.frame(at(2_033)).unwrap()));
    // Nobody looked for a while: the next picture is on its way.
    (camera.shared.state().latest, camera.shared.state().before) = (None, None);
    assert!(camera.frame(at(2_066)).is_none());
}

#[test]
fn the_last_picture_stays_and_then_a_slate_says_why() {
    let mut camera = camera();
    deliver(&camera, 1_000);
    camera.frame(at(1_010));
    fail(&camera, Trouble::Missing);
    assert!(!is_slate(&camera.frame(at(3_900)).unwrap()));
    assert!(is_slate(&camera.frame(at(4_000)).unwrap()));
    deliver(&camera, 5_000);
    assert!(!is_slate(&camera.frame(at(5_020)).unwrap()));
}

#[test]
fn a_thread_that_says_nothing_is_a_stalled_camera() {
    let mut camera = camera();
    deliver(&camera, 0);
    camera.frame(at(10));
    let state = camera.shared.state().clone();
    assert_eq!(camera.trouble(&state, at(1_999)), None);
    assert_eq!(camera.trouble(&state, at(2_000)), Some(Trouble::Stalled));
    assert!(is_slate(&camera.frame(at(3_000)).unwrap()));
}

#[test]
fn repeated_and_skipped_pictures_are_counted() {
    let mut camera = camera();
    for tick in 0..4 {
        if tick != 2 {
            deliver(&camera, tick * 33);
        }
        if tick == 3 {
            deliver(&camera, tick * 33 + 1);
            deliver(&camera, tick * 33 + 2);
        }
        camera.frame(at(tick * 33 + 10));
    }
    let status = camera.status();
    assert_eq!((status.repeated, status.dropped), (1, 1), "one waits for the next tick");
    let shown = camera.frame(at(140)).map(|frame| frame.time);
    assert_eq!(shown, Some(at(3 * 33 + 2)));
    assert_eq!(camera.status().repeated, 1);
}

#[test]
fn a_slate_is_drawn_once_for_each_trouble() {
    let mut camera = camera();
    fail(&camera, Trouble::Busy);
    let [first, second] = [0, 33].map(|due| camera.frame(at(due)).unwrap());
    assert!(Arc::ptr_eq(&first.picture, &second.picture));
    fail(&camera, Trouble::Denied);
    assert_ne!(camera.frame(at(66)).unwrap().picture, first.picture);
}

#[test]
fn the_status_names_camera_mode_and_rate() {
    let camera = camera();
    assert_eq!(camera.status().name, "usb:1");
    {
        let mut state = camera.shared.state();
        state.name = Some("Webcam".into());
        state.mode = Some("1280×720 MJPG, 30 fps".into());
        state.fps = Some(24.84);
    }
    let status = camera.status();
    assert_eq!(status.name, "Webcam");
    assert_eq!(status.delivers, "1280×720 MJPG, 30 fps asked, 24.8 delivered");
    camera.shared.state().fps_sent = Some(30.01);
    let slow = "1280×720 MJPG, 30 fps asked, 30.0 delivered, 24.8 used";
    assert_eq!(camera.status().delivers, slow);
}

#[test]
fn a_silent_thread_is_left_and_replaced() {
    let mut camera = camera();
    camera.overseer = Overseer::default();
    camera.request = Request::parse("no such camera").unwrap();
    let before = Arc::clone(&camera.shared);
    camera.frame(at(0));
    camera.frame(at(9_999));
    assert!(!before.life.is_closed());
    {
        let mut state = before.state();
        (state.id, state.name) = (Some("learnt".into()), Some("Webcam".into()));
    }
    camera.frame(at(10_000));
    assert!(before.life.is_closed());
    assert!(!Arc::ptr_eq(&before, &camera.shared));
    assert_eq!(camera.request.id, "learnt", "never another in its place");
    assert_eq!(camera.status().name, "Webcam");
}

/// What a camera on paper does when it is waited for.
enum Act {
    Picture(Vec<u8>),
    Nothing,
    Fail(Trouble),
    Panic,
    /// The source lets go.
    Close,
}

struct Paper {
    cameras: Vec<Found>,
    open: Result<(), Trouble>,
    opened: Arc<Mutex<Vec<RawFormat>>>,
    acts: Mutex<VecDeque<Act>>,
    /// Whether it sends damaged pictures without end.
    unreadable: bool,
    shared: Arc<Shared>,
    /// For how long the thread may be silent during each call that may take its time.
    slow_calls: Arc<Mutex<Vec<Duration>>>,
}

impl Paper {
    /// How long a source would wait for a sign of the thread from now on, to a second.
    fn patience(&self) -> Duration {
        let now = MediaTime::ZERO;
        let waits = |seconds: &i64| {
            let mut overseer = Overseer::default();
            overseer.gives_up(&self.shared.life, now);
            !overseer.gives_up(&self.shared.life, now + Duration::from_secs(*seconds as u64))
        };
        Duration::from_secs((0..60).take_while(waits).last().unwrap_or(0) as u64)
    }
}

struct PaperCapture {
    unreadable: bool,
    acts: VecDeque<Act>,
    shared: Arc<Shared>,
}

impl Backend for Paper {
    fn list(&self) -> Vec<Found> {
        self.cameras.clone()
    }

    fn find(&self, id: Option<&str>, _: Option<&str>) -> Option<Found> {
        self.cameras.iter().find(|camera| id.is_none_or(|id| camera.id == id)).cloned()
    }

    fn offers(&self, camera: &Found, _: &Wish) -> Vec<Offer> {
        self.slow_calls.lock().unwrap().push(self.patience());
        camera.offers.clone()
    }

    fn open(&self, _: &Found, mode: &Mode) -> Result<Box<dyn Capture>, Trouble> {
        self.slow_calls.lock().unwrap().push(self.patience());
        self.opened.lock().unwrap().push(mode.format);
        self.open.clone()?;
        let acts = std::mem::take(&mut *self.acts.lock().unwrap());
        let (unreadable, shared) = (self.unreadable, Arc::clone(&self.shared));
        Ok(Box::new(PaperCapture { acts, unreadable, shared }))
    }
}

impl Capture for PaperCapture {
    fn mode(&self) -> String {
        "16×8 GREY".into()
    }

    fn rate(&self) -> Option<FrameRate> {
        None
    }

    fn next(
        &mut self,
        _: Duration,
        take: &mut dyn FnMut(RawImage<'_>, Duration),
    ) -> Result<Arrival, Trouble> {
        if self.unreadable {
            self.acts.push_back(Act::Picture(vec![0; 5]));
        }
        match self.acts.pop_front() {
            Some(Act::Picture(bytes)) => {
                take(RawImage::packed(RawFormat::Grey, 16, 8, &bytes), Duration::from_millis(7));
                Ok(Arrival { picture: true, passed: 0, lost: 0 })
            }
            Some(Act::Nothing) => Ok(Arrival { picture: false, passed: 2, lost: 3 }),
            Some(Act::Fail(trouble)) => Err(trouble),
            Some(Act::Panic) => panic!("a driver's wrapper does"),
            Some(Act::Close) | None => {
                self.shared.life.close();
                Ok(Arrival::default())
            }
        }
    }
}

fn found(id: &str) -> Found {
    Found {
        id: id.into(),
        name: format!("Camera {id}"),
        offers: [RawFormat::Grey, RawFormat::Mjpeg].map(offer).to_vec(),
        ..Found::default()
    }
}

fn offer(format: RawFormat) -> Offer {
    Offer { format, width: 16, height: 8, rates: Vec::new() }
}

fn paper(cameras: &[&str], acts: Vec<Act>, shared: &Arc<Shared>) -> Paper {
    Paper {
        cameras: cameras.iter().map(|id| found(id)).collect(),
        open: Ok(()),
        opened: Arc::default(),
        acts: Mutex::new(acts.into()),
        unreadable: false,
        shared: Arc::clone(shared),
        slow_calls: Arc::default(),
    }
}

fn worker(cameras: &[&str], id: Option<&str>, acts: Vec<Act>) -> Worker {
    let shared = Arc::new(Shared::default());
    // Somebody looks, however long the test takes.
    shared.ask(MediaTime::from_millis(3_600_000));
    let paper = paper(cameras, acts, &shared);
    Worker {
        backend: Box::new(paper),
        id: id.map(Into::into),
        place: None,
        wish: wish(),
        attempts: Attempts::default(),
        clock: Clock::starting_at(Instant::now()),
        shared,
    }
}

#[test]
fn a_camera_of_unreadable_pictures_is_said_to_be_one_and_tried_in_its_next_mode() {
    let mut worker = worker(&["a"], Some("a"), Vec::new());
    let opened: Arc<Mutex<Vec<RawFormat>>> = Arc::default();
    let mut paper = paper(&["a"], Vec::new(), &worker.shared);
    paper.opened = Arc::clone(&opened);
    paper.unreadable = true;
    worker.backend = Box::new(paper);
    let unreadable = Trouble::Failed("it sends pictures that can't be read".into());
    for _ in 0..3 {
        assert_eq!(worker.session(), Err(unreadable.clone()));
    }
    assert_eq!(*opened.lock().unwrap(), [RawFormat::Mjpeg, RawFormat::Mjpeg, RawFormat::Grey]);
}

#[test]
fn a_mode_that_does_not_open_is_followed_by_the_next_best() {
    let mut worker = worker(&["a"], Some("a"), Vec::new());
    let opened: Arc<Mutex<Vec<RawFormat>>> = Arc::default();
    for (trouble, formats) in [
        (Trouble::Busy, [RawFormat::Mjpeg; 3]),
        (Trouble::Failed("no".into()), [RawFormat::Mjpeg, RawFormat::Mjpeg, RawFormat::Grey]),
    ] {
        let mut paper = paper(&["a"], Vec::new(), &worker.shared);
        (paper.open, paper.opened) = (Err(trouble.clone()), Arc::clone(&opened));
        worker.backend = Box::new(paper);
        for _ in 0..3 {
            assert_eq!(worker.session(), Err(trouble.clone()));
        }
        assert_eq!(*std::mem::take(&mut *opened.lock().unwrap()), formats);
    }
}

#[test]
fn a_picture_that_nobody_looks_at_is_counted_and_not_converted() {
    let mut worker = worker(&["a"], Some("a"), vec![Act::Picture(vec![90; 128]), Act::Close]);
    worker.shared.ask(MediaTime::from_millis(-2_000));
    worker.shared.state().latest = None;
    assert_eq!(worker.session(), Ok(()));
    let state = worker.shared.state().clone();
    assert!(state.latest.is_none() && state.came.is_some() && state.arrived == 1);
}

#[test]
fn a_camera_on_its_side_is_turned_and_its_slate_is_not() {
    let mut camera = camera();
    camera.request = Request::parse("a;rotate=90").unwrap();
    deliver(&camera, 0);
    camera.frame(at(10));
    assert_eq!(camera.turn(), Some(camera.request.turn));
    fail(&camera, Trouble::Missing);
    assert!(is_slate(&camera.frame(at(4_000)).unwrap()));
    assert_eq!(camera.turn(), None);
}

#[test]
fn a_camera_that_opens_slowly_is_not_abandoned() {
    let mut worker = worker(&["a"], Some("a"), vec![Act::Close]);
    let paper = paper(&["a"], vec![Act::Close], &worker.shared);
    let calls = Arc::clone(&paper.slow_calls);
    worker.backend = Box::new(paper);
    assert_eq!(worker.session(), Ok(()));
    // The offers, then the opening.
    let calls = calls.lock().unwrap().clone();
    assert!(calls.len() == 2 && calls.iter().all(|patience| patience.as_secs() >= 19), "{calls:?}");
}

#[test]
fn our_own_old_thread_is_no_other_program() {
    let worker_of = |id: &str| {
        let mut worker = worker(&[id], Some(id), Vec::new());
        let mut paper = paper(&[id], Vec::new(), &worker.shared);
        paper.open = Err(Trouble::Busy);
        worker.backend = Box::new(paper);
        worker
    };
    assert_eq!(worker_of("free").session(), Err(Trouble::Busy));
    let mut worker = worker_of("held");
    let _old = Hold::take("held", &worker.shared.life, worker.clock);
    assert_eq!(worker.session(), Err(Trouble::Stalled));
}

#[test]
fn pictures_are_converted_and_handed_over() {
    let mut worker =
        worker(&["a"], Some("a"), vec![Act::Picture(vec![90; 128]), Act::Nothing, Act::Close]);
    assert_eq!(worker.session(), Ok(()));
    let state = worker.shared.state().clone();
    assert_eq!(state.name.as_deref(), Some("Camera a"));
    assert_eq!(state.mode.as_deref(), Some("16×8 GREY"));
    assert_eq!((state.arrived, state.dropped, state.lost), (1, 2, 3));
    assert_eq!(state.latest.unwrap().picture.plane(Plane::Y)[5], 90);
}

#[test]
fn another_camera_is_never_taken_in_its_place() {
    let mut worker = worker(&["b", "c"], Some("a"), Vec::new());
    assert_eq!(worker.session(), Err(Trouble::Missing));
}

#[test]
fn the_first_camera_is_taken_and_then_kept() {
    let mut worker = worker(&["b", "c"], None, vec![Act::Fail(Trouble::Missing)]);
    assert_eq!(worker.session(), Err(Trouble::Missing));
    assert_eq!(worker.id.as_deref(), Some("b"));
}

#[test]
fn a_damaged_picture_is_counted_and_trouble_stays() {
    let mut worker = worker(&["a"], Some("a"), vec![Act::Picture(vec![90; 5]), Act::Close]);
    worker.shared.state().trouble = Some(Trouble::Stalled);
    assert_eq!(worker.session(), Ok(()));
    let state = worker.shared.state().clone();
    assert_eq!((state.arrived, state.dropped, state.trouble), (0, 1, Some(Trouble::Stalled)));
}

#[test]
fn a_picture_ends_the_trouble() {
    let mut worker = worker(&["a"], Some("a"), vec![Act::Picture(vec![90; 128]), Act::Close]);
    worker.shared.state().trouble = Some(Trouble::Stalled);
    assert_eq!(worker.session(), Ok(()));
    assert_eq!(worker.shared.state().trouble, None);
}

#[test]
fn a_panic_in_a_driver_ends_the_session_and_not_the_thread() {
    let mut worker = worker(&["a"], Some("a"), vec![Act::Picture(vec![90; 128]), Act::Panic]);
    assert!(matches!(worker.guarded_session(), Err(Trouble::Failed(_))));
    assert_eq!(worker.guarded_session(), Ok(()), "the next one runs");
    assert_eq!(worker.shared.state().arrived, 1);
}
