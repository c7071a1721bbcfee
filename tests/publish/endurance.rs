//! An evening's show in an hour: a fault each half minute, and nothing may be
//! left behind. Run by hand; `TALLYLIGHT_ENDURANCE_S` makes it shorter.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::faults::live_in_earnest;
use crate::nginx::Nginx;
use crate::program::Program;
use crate::proxy::Proxy;

/// The time from one fault to the next, in seconds of the program.
const EACH_S: f64 = 30.0;

/// The stream is back this long after its fault is over, at the latest.
const BACK_S: f64 = 15.0;

/// What can go wrong between the program and its server.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Cut,
    StallFor(f64),
    NarrowFor(f64),
    ServerGoneFor(f64),
}

const FAULTS: [Fault; 6] = [
    Fault::Cut,
    Fault::StallFor(2.0),
    Fault::ServerGoneFor(3.0),
    Fault::NarrowFor(10.0),
    Fault::StallFor(8.0),
    Fault::ServerGoneFor(0.0),
];

/// What the program holds.
#[derive(Debug)]
struct Holdings {
    rss_kib: u64,
    threads: u64,
    descriptors: usize,
}

impl Holdings {
    fn of(program: &Program) -> Self {
        let process = format!("/proc/{}", program.id());
        let status = fs::read_to_string(format!("{process}/status")).expect("it runs");
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let digits = line.and_then(|line| line.split_whitespace().next());
            digits.and_then(|digits| digits.parse().ok()).expect("the kernel says so")
        };
        let descriptors = fs::read_dir(format!("{process}/fd")).expect("it runs").count();
        Self { rss_kib: number("VmRSS:"), threads: number("Threads:"), descriptors }
    }
}

/// The evening.
struct Evening {
    program: Program,
    nginx: Nginx,
    proxy: Proxy,
    /// The last line.
    line: Value,
}

impl Evening {
    /// Reads lines until `enough` says so.
    fn follow(&mut self, mut enough: impl FnMut(&Value) -> bool) {
        while !enough(&self.line) {
            self.line = self.program.line().expect("it goes on");
            assert_ne!(self.line["state"], "failed", "{}", self.line);
        }
    }

    fn now(&self) -> f64 {
        self.line["t_s"].as_f64().expect("each line has its time")
    }

    fn pass(&mut self, seconds: f64) {
        let until = self.now() + seconds;
        self.follow(|line| line["t_s"].as_f64() >= Some(until));
    }

    /// Brings the fault about and ends it.
    fn suffer(&mut self, fault: Fault) {
        match fault {
            Fault::Cut => self.proxy.cut(),
            Fault::StallFor(seconds) => {
                self.proxy.stall(true);
                self.pass(seconds);
                self.proxy.stall(false);
            }
            Fault::NarrowFor(seconds) => {
                self.proxy.throttle(300);
                self.pass(seconds);
                self.proxy.throttle(0);
            }
            Fault::ServerGoneFor(seconds) => {
                self.nginx.kill();
                self.pass(seconds);
                self.nginx.launch();
            }
        }
    }
}

#[test]
#[ignore = "takes an hour"]
fn an_hour_with_a_fault_each_half_minute() {
    let length = std::env::var("TALLYLIGHT_ENDURANCE_S").map_or(3_600.0, |text| {
        text.parse::<f64>().expect("TALLYLIGHT_ENDURANCE_S is a number of seconds")
    });
    let nginx = Nginx::start("endurance");
    let proxy = Proxy::start(nginx.port);
    let program = live_in_earnest(&proxy.url("k"), &["--video-kbps", "800"]);
    let line = Value::from_iter([("t_s", Value::from(0.0)), ("state", Value::from("live"))]);
    let mut evening = Evening { program, nginx, proxy, line };
    let begun = Instant::now();
    let mut early = None;
    for fault in FAULTS.iter().cycle() {
        let start = evening.now();
        if start >= length {
            break;
        }
        evening.suffer(*fault);
        let over = evening.now();
        // A line that was on its way may still say that all is well.
        evening.pass(1.0);
        evening.follow(|line| line["state"] == "live");
        let back = evening.now() - over;
        assert!(back < BACK_S, "back {back} s after {fault:?}");
        evening.pass(EACH_S - (evening.now() - start));
        let holdings = Holdings::of(&evening.program);
        println!("{start:>6.0} s {fault:?}: live {back:.1} s after it; {holdings:?}");
        if early.is_none() && start >= 300.0_f64.min(length / 2.0) {
            early = Some(holdings);
        }
    }
    // With the pace of the real clock, or the figures mean nothing.
    assert!(begun.elapsed() >= Duration::from_secs_f64(length * 0.95));
    let (early, late) = (early.expect("it was long enough"), Holdings::of(&evening.program));
    println!("after five minutes {early:?}, at the end {late:?}");
    assert!(late.rss_kib * 100 <= early.rss_kib * 105, "{early:?} {late:?}");
    assert!(late.threads <= early.threads, "{early:?} {late:?}");
    assert!(late.descriptors <= early.descriptors, "{early:?} {late:?}");
    evening.program.interrupt();
    let ended = evening.program.wait();
    println!("{}", ended.summary());
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
}
