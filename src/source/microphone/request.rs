//! What is asked of a microphone: which one, and which of its channels.

use super::channels::Channels;
use crate::source::options;
use crate::text::device::MICROPHONE;
use crate::text::device::source::{self, example};

/// A microphone's identity, and perhaps its channels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    /// Its identity; `None`: the system's default.
    pub id: Option<String>,
    /// Which of its channels are heard.
    pub channels: Channels,
}

impl Request {
    /// Reads `ID[;channel=N][;channel=N+N][;mono]`. What has another name belongs to
    /// the identity; a value that makes no sense is an error, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut channels = Channels::default();
        let id = options::take_off(text, |option| read(&mut channels, option))?;
        Ok(Self { id: Some(id.to_owned()).filter(|id| !id.is_empty()), channels })
    }
}

/// Reads one option. False: it is none.
fn read(channels: &mut Channels, option: &str) -> Result<bool, String> {
    let (name, value) = options::parts(option);
    match name {
        "channel" | "channels" => {
            let bad = || source::bad_option(option.trim(), MICROPHONE, example::CHANNEL);
            channels.pair = Some(pair(value).ok_or_else(bad)?);
        }
        "mono" if value.is_empty() => channels.mono = true,
        _ => return Ok(false),
    }
    Ok(true)
}

/// One channel for both sides, or two.
fn pair(text: &str) -> Option<[u16; 2]> {
    let number = |text: &str| text.trim().parse().ok().filter(|n| (1..=Channels::MOST).contains(n));
    match text.split_once('+') {
        Some((left, right)) => Some([number(left)?, number(right)?]),
        None => number(text).map(|one| [one; 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Option<String>, Option<[u16; 2]>, bool) {
        let Request { id, channels } = Request::parse(text).unwrap();
        (id, channels.pair, channels.mono)
    }

    #[test]
    fn channels_follow_the_identity() {
        let id = || Some("alsa:hw:CARD=Scarlett,DEV=0".to_owned());
        assert_eq!(parse("alsa:hw:CARD=Scarlett,DEV=0"), (id(), None, false));
        assert_eq!(parse("alsa:hw:CARD=Scarlett,DEV=0;channel=2"), (id(), Some([2, 2]), false));
        assert_eq!(parse("alsa:hw:CARD=Scarlett,DEV=0;mono"), (id(), None, true));
        assert_eq!(parse(";channel=3+4;mono"), (None, Some([3, 4]), true));
        assert_eq!(parse("a;b"), (Some("a;b".into()), None, false));
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_words() {
        for option in ["channel=0", "channel=left", "channel=1+", "channel=", "channel=70000"] {
            let words = format!(
                "“{option}” of a microphone is given as channel=2, or channel=3+4 for left and right"
            );
            assert_eq!(Request::parse(&format!("a;{option}")), Err(words));
        }
    }
}
