//! The time on the wall, for people who compare the log with what they saw.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

const DAY: i64 = 86_400;

/// A moment in the time of this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallTime {
    /// Seconds since 1970 as the clock on the wall counts them.
    local: i64,
    /// How far that clock is ahead of UTC, in seconds.
    ahead: i64,
}

impl WallTime {
    /// Now.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let utc = i64::try_from(since.as_secs()).unwrap_or_default();
        Self::at(utc, ahead_of_utc(utc))
    }

    fn at(utc: i64, ahead: i64) -> Self {
        Self { local: utc.saturating_add(ahead), ahead }
    }

    /// Hours, minutes and seconds.
    pub fn clock(self) -> String {
        let second = self.local.rem_euclid(DAY);
        format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60)
    }
}

/// Date, time, and how far it is ahead of UTC.
impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date(self.local.div_euclid(DAY));
        let sign = if self.ahead < 0 { '-' } else { '+' };
        let minutes = self.ahead.abs() / 60;
        let (clock, hours, minutes) = (self.clock(), minutes / 60, minutes % 60);
        write!(f, "{year}-{month:02}-{day:02} {clock} {sign}{hours:02}:{minutes:02}")
    }
}

/// Year, month and day of a day that is counted from 1970.
fn date(day: i64) -> (i64, usize, i64) {
    // Before 1970 no log was written, and 400 years are always as many days.
    let mut left = day.max(0) % 146_097;
    let mut year = 1970 + day.max(0) / 146_097 * 400;
    while left >= days_in(year) {
        left -= days_in(year);
        year += 1;
    }
    let february = if days_in(year) == 366 { 29 } else { 28 };
    let mut month = 1;
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if left < days {
            break;
        }
        left -= days;
        month += 1;
    }
    (year, month, left + 1)
}

fn days_in(year: i64) -> i64 {
    let leaps = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if leaps { 366 } else { 365 }
}

/// How far the time of this place is ahead of UTC, in seconds.
#[cfg(unix)]
#[allow(clippy::unnecessary_cast, reason = "how wide times are depends on the system")]
fn ahead_of_utc(utc: i64) -> i64 {
    let utc = utc as libc::time_t;
    // SAFETY: all zeros are a time, and the system writes nothing but it.
    let local = unsafe {
        let mut local: libc::tm = std::mem::zeroed();
        (!libc::localtime_r(&raw const utc, &raw mut local).is_null()).then_some(local)
    };
    local.map_or(0, |local| local.tm_gmtoff as i64)
}

/// Elsewhere the log is in UTC, and says so.
#[cfg(not(unix))]
fn ahead_of_utc(_: i64) -> i64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_dates() {
        for (utc, expected) in [
            (0, "1970-01-01 00:00:00 +00:00"),
            (951_782_400, "2000-02-29 00:00:00 +00:00"),
            (951_868_799, "2000-02-29 23:59:59 +00:00"),
            (1_767_225_599, "2025-12-31 23:59:59 +00:00"),
            (4_107_542_400, "2100-03-01 00:00:00 +00:00"),
            (13_569_465_600, "2400-01-01 00:00:00 +00:00"),
        ] {
            assert_eq!(WallTime::at(utc, 0).to_string(), expected);
        }
    }

    #[test]
    fn the_clock_is_the_one_of_the_place() {
        let india = WallTime::at(1_767_225_599, 5 * 3_600 + 1_800);
        assert_eq!(india.to_string(), "2026-01-01 05:29:59 +05:30");
        assert_eq!(WallTime::at(0, -9_000).clock(), "21:30:00");
        assert!(WallTime::at(1_767_225_599, -12_600).to_string().ends_with("20:29:59 -03:30"));
    }
}
