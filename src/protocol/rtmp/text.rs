//! Text of a peer on its way to a person.

use crate::protocol::amf0::AmfString;

/// Longest text kept, in bytes.
const MAX_TEXT: usize = 1024;

/// What a peer's text says, safe to print: no control characters, none that turn
/// the direction of the text around it, and of what is longer than 1 KB the beginning
/// and "…".
pub(super) fn sanitized(text: &AmfString) -> String {
    let bytes = text.as_bytes();
    let start = &bytes[..bytes.len().min(4 * MAX_TEXT)];
    let mut clean = String::new();
    let mut is_cut = start.len() < bytes.len();
    for c in String::from_utf8_lossy(start).chars().filter(|&c| !turns_text(c)) {
        if clean.len() + c.len_utf8() > MAX_TEXT {
            is_cut = true;
            break;
        }
        clean.push(if c.is_control() { ' ' } else { c });
    }
    match clean.trim() {
        clean if is_cut => format!("{clean}…"),
        clean => clean.to_owned(),
    }
}

/// Bidirectional controls and marks, invisible joiners, line separators.
fn turns_text(c: char) -> bool {
    matches!(c,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// `text` without the stream key, which some servers repeat.
pub(super) fn without_key(text: String, key: &str) -> String {
    const SHORTEST: usize = 4;
    let name = key.split('?').next().unwrap_or(key);
    [key, name]
        .into_iter()
        .filter(|secret| secret.len() >= SHORTEST)
        .fold(text, |text, secret| text.replace(secret, "…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_could_deceive_comes_through() {
        let text = AmfString::from(" a\u{1b}[31mb\r\nc\u{202e}d\u{2066}\0 ");
        assert_eq!(sanitized(&text), "a [31mb  cd");
        assert_eq!(sanitized(&AmfString::from_bytes(vec![b'x', 0xFF])), "x\u{fffd}");
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        for count in [513, 5_000] {
            let long = sanitized(&AmfString::from("é".repeat(count)));
            assert_eq!(long, format!("{}…", "é".repeat(MAX_TEXT / 2)));
        }
        let whole = "é".repeat(MAX_TEXT / 2);
        assert_eq!(sanitized(&AmfString::from(whole.as_str())), whole);
    }

    #[test]
    fn the_key_is_taken_out() {
        let said = "live_12 is live (live_12?token=9)".to_owned();
        assert_eq!(without_key(said, "live_12?token=9"), "… is live (…)");
        assert_eq!(without_key("ok".into(), "k"), "ok");
    }
}
