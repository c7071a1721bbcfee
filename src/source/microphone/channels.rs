//! Which of a device's channels are heard.

use crate::mix::MOST_CHANNELS;
use crate::text::device::delivers;

/// The channels that were asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Channels {
    /// Left and right, counted from 1; `None`: all there are, or of very many the
    /// first two.
    pub pair: Option<[u16; 2]>,
    /// Left and right, or the first two, are mixed and heard on both sides.
    pub mono: bool,
}

/// What becomes of each frame of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// It stays as it is.
    All,
    /// The mean of these two, counted from 0: one channel.
    Mean([usize; 2]),
    /// These two, counted from 0.
    Pair([usize; 2]),
}

impl Channels {
    /// Channels that a device may have: more than any has.
    pub const MOST: u16 = 512;

    /// Channels that a device must have.
    pub fn needed(self) -> u16 {
        self.pair.map_or(1, |[left, right]| left.max(right))
    }

    /// What to do with the frames of a device of so many channels, which are enough.
    pub(super) fn route(self, of: u16) -> Route {
        let first_two = [1, of.min(2)];
        let index = |pair: [u16; 2]| pair.map(|n| usize::from(n.max(1) - 1));
        match (self.pair, self.mono) {
            (None, false) if of <= MOST_CHANNELS => Route::All,
            (pair, true) => Route::Mean(index(pair.unwrap_or(first_two))),
            (Some([left, right]), false) if left == right => Route::Mean(index([left, right])),
            (pair, false) => Route::Pair(index(pair.unwrap_or(first_two))),
        }
    }

    /// What is heard of a device of so many channels, in words.
    pub(super) fn words(self, of: u16) -> String {
        let [left, right] = self.pair.unwrap_or([1, of.min(2)]);
        match self.route(of) {
            Route::All if of == 1 => delivers::MONO.into(),
            Route::All if of == 2 => delivers::STEREO.into(),
            Route::All => delivers::channels(of),
            Route::Mean(_) if left == right => delivers::channel(left, of),
            Route::Mean(_) => delivers::mixed(left, right, of),
            Route::Pair(_) => delivers::pair(left, right, of),
        }
    }
}

impl Route {
    /// Channels that come out, of a device of so many.
    pub(super) fn channels(self, of: u16) -> u16 {
        match self {
            Self::All => of,
            Self::Mean(_) => 1,
            Self::Pair(_) => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_heard_unless_it_is_asked_for_or_too_much() {
        let asked = |pair, mono| Channels { pair, mono };
        for (channels, of, route, words) in [
            (asked(None, false), 1, Route::All, "mono"),
            (asked(None, false), 2, Route::All, "stereo"),
            (asked(None, false), 8, Route::All, "8 channels"),
            (asked(None, false), 18, Route::Pair([0, 1]), "channels 1 and 2 of 18"),
            (asked(None, true), 1, Route::Mean([0, 0]), "channel 1 of 1"),
            (asked(None, true), 2, Route::Mean([0, 1]), "channels 1 and 2 of 2 mixed"),
            (asked(Some([2, 2]), false), 2, Route::Mean([1, 1]), "channel 2 of 2"),
            (asked(Some([3, 4]), false), 4, Route::Pair([2, 3]), "channels 3 and 4 of 4"),
            (asked(Some([3, 4]), true), 18, Route::Mean([2, 3]), "channels 3 and 4 of 18 mixed"),
        ] {
            assert_eq!(channels.route(of), route, "{channels:?} of {of}");
            assert_eq!(channels.words(of), words);
        }
        assert_eq!(asked(Some([3, 1]), false).needed(), 3);
        assert_eq!(Channels::default().needed(), 1);
    }
}
