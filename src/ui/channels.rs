//! The channels of a microphone as the window offers them: options behind its
//! identity.

use crate::ui::text;

/// An option, and what it is called. Others can be asked for in the settings file.
pub const CHOICES: [(&str, &str); 4] = [
    ("", text::ALL_CHANNELS),
    ("channel=1", text::CHANNEL_1),
    ("channel=2", text::CHANNEL_2),
    ("mono", text::MONO),
];

fn is_of_channels(option: &str) -> bool {
    option == "mono" || option.starts_with("channel=")
}

/// A device's identity without any option.
pub fn device(asked: &str) -> &str {
    asked.split(';').next().unwrap_or_default()
}

/// Which channels are asked for.
pub fn of(asked: &str) -> String {
    asked.split(';').skip(1).filter(|option| is_of_channels(option)).collect::<Vec<_>>().join(";")
}

/// The same device with other channels; what else is asked of it stays.
pub fn with(asked: &str, option: &str) -> String {
    let others = asked.split(';').skip(1).filter(|option| !is_of_channels(option));
    let options = others.chain(Some(option).filter(|option| !option.is_empty()));
    std::iter::once(device(asked)).chain(options).collect::<Vec<_>>().join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_changed_and_nothing_else() {
        let asked = "alsa:hw:CARD=X,DEV=0;delay=80;channel=1";
        assert_eq!((device(asked), of(asked).as_str()), ("alsa:hw:CARD=X,DEV=0", "channel=1"));
        assert_eq!(with(asked, "mono"), "alsa:hw:CARD=X,DEV=0;delay=80;mono");
        assert_eq!(with(asked, ""), "alsa:hw:CARD=X,DEV=0;delay=80");
        assert_eq!((of("x").as_str(), with("x", "channel=2").as_str()), ("", "x;channel=2"));
    }
}
