//! The computer is kept awake while a stream runs: a message bus of our own, with
//! stand-ins for the desktop's portal, logind and the screen saver.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd as StdFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, fdo::DBusProxy};
use zbus::message::Header;
use zbus::zvariant::{OwnedObjectPath, OwnedValue};

use crate::program::{Program, eventually};

const PATIENCE: Duration = Duration::from_secs(20);

/// A message bus that nobody else is on.
struct Bus {
    daemon: Child,
    address: String,
}

impl Bus {
    fn start() -> Self {
        let mut daemon = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--print-address"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("install the package dbus");
        let mut address = String::new();
        let stdout = daemon.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut address).expect("it says its address");
        Self { daemon, address: address.trim().to_owned() }
    }

    fn connect(&self) -> Builder<'static> {
        Builder::address(self.address.as_str()).expect("an address")
    }

    /// The program, going live to itself on this bus, once it is live.
    fn live(&self) -> Program {
        let arguments = ["publish", "--json", "--size", "320x180", "--fps", "10", "-v"];
        let buses = [
            ("DBUS_SESSION_BUS_ADDRESS", self.address.as_str()),
            ("DBUS_SYSTEM_BUS_ADDRESS", self.address.as_str()),
        ];
        let mut program = Program::start_with(&arguments, &buses);
        program.wait_for_state("live");
        program
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// What was called, with the name of whoever called first.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<(Vec<String>, String)>>);

impl Calls {
    fn add(&self, call: String, header: &Header<'_>) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.0.push(call);
        calls.1 = header.sender().map(ToString::to_string).unwrap_or_default();
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    fn caller(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// Waits until so many calls were made.
    fn until(&self, number: usize) -> Vec<String> {
        eventually("a call", PATIENCE, || Some(self.all()).filter(|all| all.len() >= number))
    }
}

struct Portal(Calls);

#[zbus::interface(name = "org.freedesktop.portal.Inhibit")]
impl Portal {
    fn inhibit(
        &self,
        window: &str,
        flags: u32,
        options: HashMap<String, OwnedValue>,
        #[zbus(header)] header: Header<'_>,
    ) -> OwnedObjectPath {
        let reason = options.get("reason").map(|reason| reason.to_string()).unwrap_or_default();
        self.0.add(format!("inhibit {window:?} {flags} {reason}"), &header);
        OwnedObjectPath::try_from("/request").expect("a path")
    }
}

struct Request(Calls);

#[zbus::interface(name = "org.freedesktop.portal.Request")]
impl Request {
    fn close(&self, #[zbus(header)] header: Header<'_>) {
        self.0.add("close".into(), &header);
    }
}

struct Login(Calls, Arc<Mutex<Option<UnixStream>>>);

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Login {
    fn inhibit(
        &self,
        what: &str,
        who: &str,
        _why: &str,
        mode: &str,
        #[zbus(header)] header: Header<'_>,
    ) -> zbus::zvariant::OwnedFd {
        let (ours, theirs) = UnixStream::pair().expect("there are sockets");
        *self.1.lock().unwrap_or_else(PoisonError::into_inner) = Some(ours);
        self.0.add(format!("login {what} {who} {mode}"), &header);
        StdFd::from(theirs).into()
    }
}

struct Saver(Calls);

#[zbus::interface(name = "org.freedesktop.ScreenSaver")]
impl Saver {
    fn inhibit(&self, who: &str, _why: &str, #[zbus(header)] header: Header<'_>) -> u32 {
        self.0.add(format!("saver {who}"), &header);
        7
    }

    fn un_inhibit(&self, cookie: u32, #[zbus(header)] header: Header<'_>) {
        self.0.add(format!("saver {cookie} no more"), &header);
    }
}

fn portal(bus: &Bus) -> (Connection, Calls) {
    let calls = Calls::default();
    let serving = bus
        .connect()
        .serve_at("/org/freedesktop/portal/desktop", Portal(calls.clone()))
        .and_then(|bus| bus.serve_at("/request", Request(calls.clone())))
        .and_then(|bus| bus.name("org.freedesktop.portal.Desktop"))
        .and_then(Builder::build);
    (serving.expect("the name is free"), calls)
}

#[test]
fn the_portal_is_asked_while_live_and_told_at_the_end() {
    let bus = Bus::start();
    let (_serving, calls) = portal(&bus);
    let program = bus.live();
    let asked = calls.until(1);
    assert!(asked[0].starts_with("inhibit \"\" 12 \""), "{asked:?}");
    program.interrupt();
    let ended = program.wait();
    assert_eq!(ended.code(), Some(0));
    assert!(ended.stderr.contains("the computer is kept awake by=\"portal\""), "{}", ended.stderr);
    // The end of its connection would do as well, and may be quicker.
    let is_gone = || !is_there(&bus, &calls.caller()) || calls.all().len() > 1;
    eventually("it is released", PATIENCE, || is_gone().then_some(()));
}

#[test]
fn a_stream_that_is_stopped_lets_the_computer_sleep() {
    let bus = Bus::start();
    let (_serving, calls) = portal(&bus);
    let arguments = ["publish", "--json", "--size", "320x180", "--fps", "10", "--duration", "1s"];
    let address = bus.address.as_str();
    let program = Program::start_with(&arguments, &[("DBUS_SESSION_BUS_ADDRESS", address)]);
    assert_eq!(program.wait().code(), Some(0));
    assert_eq!(calls.until(1).len().min(2), calls.all().len().min(2));
    eventually("it is released", PATIENCE, || (!is_there(&bus, &calls.caller())).then_some(()));
}

#[test]
fn a_program_that_is_killed_lets_the_computer_sleep() {
    let bus = Bus::start();
    let (_serving, calls) = portal(&bus);
    let program = bus.live();
    calls.until(1);
    assert!(is_there(&bus, &calls.caller()), "it holds on");
    // Dropping kills it, with SIGKILL.
    drop(program);
    eventually("it is released", PATIENCE, || (!is_there(&bus, &calls.caller())).then_some(()));
}

#[test]
fn without_a_portal_logind_and_the_screen_saver_are_asked() {
    let bus = Bus::start();
    let (calls, held) = (Calls::default(), Arc::default());
    let _serving = bus
        .connect()
        .serve_at("/org/freedesktop/login1", Login(calls.clone(), Arc::clone(&held)))
        .and_then(|bus| bus.serve_at("/org/freedesktop/ScreenSaver", Saver(calls.clone())))
        .and_then(|bus| bus.name("org.freedesktop.login1"))
        .and_then(|bus| bus.name("org.freedesktop.ScreenSaver"))
        .and_then(Builder::build)
        .expect("the names are free");
    let program = bus.live();
    assert_eq!(calls.until(2), ["login sleep:idle Tallylight block", "saver Tallylight"]);
    drop(program);
    let held = held.lock().unwrap_or_else(PoisonError::into_inner).take().expect("it was asked");
    held.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    let end = std::io::Read::read(&mut &held, &mut [0]);
    assert_eq!(end.expect("it is let go of"), 0);
}

#[test]
fn a_bus_that_never_answers_holds_nothing_up() {
    let folder = std::env::temp_dir().join(format!("tallylight-bus-{}", std::process::id()));
    let _ = std::fs::remove_file(&folder);
    let listener = std::os::unix::net::UnixListener::bind(&folder).expect("a socket");
    let address = format!("unix:path={}", folder.display());
    let arguments = ["publish", "--json", "--size", "320x180", "--fps", "10", "--duration", "1s"];
    let program = Program::start_with(
        &arguments,
        &[("DBUS_SESSION_BUS_ADDRESS", &address), ("DBUS_SYSTEM_BUS_ADDRESS", &address)],
    );
    let ended = program.wait();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    drop(listener);
    std::fs::remove_file(&folder).expect("it is ours");
}

/// Whether somebody of this name is on the bus.
fn is_there(bus: &Bus, name: &str) -> bool {
    let watching = bus.connect().build().expect("the bus runs");
    let names = DBusProxy::new(&watching).expect("the bus is on itself");
    let name = name.try_into().expect("a name");
    names.name_has_owner(name).expect("the bus answers")
}
