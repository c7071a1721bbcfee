//! What the program itself costs: processor time and memory.

use super::ProcessSnapshot;
use super::figures::RateMeter;
use crate::media::MediaTime;

/// Reads the system's figures of this process, at most once a second.
#[derive(Debug, Default)]
pub struct ProcessMeter {
    cpu: RateMeter,
    last: ProcessSnapshot,
    next: MediaTime,
}

impl ProcessMeter {
    const EVERY: std::time::Duration = std::time::Duration::from_secs(1);

    /// The newest figures; zeros where the system gives none.
    pub fn read(&mut self, now: MediaTime) -> ProcessSnapshot {
        if now >= self.next {
            self.next = now + Self::EVERY;
            if let Some((micros, memory)) = system::figures() {
                let cpu_percent = self.cpu.read(now, micros) / 1e6 * 100.0;
                self.last = ProcessSnapshot { cpu_percent: cpu_percent as f32, memory };
            }
        }
        self.last
    }
}

/// Has large blocks of memory go back to the system when they are let go. glibc keeps
/// blocks as large as the largest that it ever got back, and an encoder that starts
/// anew and a renderer leave ten megabytes of holes so.
pub fn give_large_blocks_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: they change two numbers of the allocator's, which does so for itself.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 1 << 20);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 4 << 20);
    }
}

#[cfg(target_os = "linux")]
mod system {
    /// Processor time in µs and resident memory in bytes (proc(5)).
    pub fn figures() -> Option<(u64, u64)> {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        // The name in parentheses may hold anything; fields count from behind it.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |i: usize| fields.get(i)?.parse::<u64>().ok();
        // utime and stime, in the fixed 1/100 s of Linux's user interface.
        let micros = (ticks(11)? + ticks(12)?) * 10_000;
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some((micros, kib * 1_024))
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    /// Not known here.
    pub fn figures() -> Option<(u64, u64)> {
        None
    }
}
