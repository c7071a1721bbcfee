//! A proxy's address in its two fields: the password stands apart, where it is masked,
//! and goes to the keyring.

use crate::protocol::rtmp::url::percent_decoded;

/// The address without its password, and the password where it had one.
pub fn split(text: &str) -> (String, Option<String>) {
    let apart = |text: &str| {
        let (begin, rest) = text.split_at(text.find("://").map_or(0, |at| at + 3));
        let (who, place) = rest.rsplit_once('@')?;
        let (user, password) = who.split_once(':')?;
        Some((format!("{begin}{user}@{place}"), Some(percent_decoded(password))))
    };
    let text = text.trim();
    apart(text).unwrap_or_else(|| (text.to_owned(), None))
}

/// The address with a password for the user in it; without a user there is nobody whom
/// it belongs to.
pub fn joined(address: &str, password: &str) -> String {
    match address.rsplit_once('@') {
        Some((user, place)) if !password.is_empty() => {
            format!("{user}:{}@{place}", escaped(password))
        }
        _ => address.to_owned(),
    }
}

fn escaped(password: &str) -> String {
    let escape = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    password.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_cut_out_and_put_back() {
        for (whole, plain, password) in [
            ("socks5://ann:hush@h:1080", "socks5://ann@h:1080", Some("hush")),
            ("ann:hush@h:8080", "ann@h:8080", Some("hush")),
            ("http://ann:h%40u@h", "http://ann@h", Some("h@u")),
            ("http://ann:h/u@s#h@h", "http://ann@h", Some("h/u@s#h")),
            ("http://ann@h", "http://ann@h", None),
            (" socks5h://[::1]:1 ", "socks5h://[::1]:1", None),
            ("", "", None),
        ] {
            let parts = split(whole);
            assert_eq!((parts.0.as_str(), parts.1.as_deref()), (plain, password), "{whole}");
            let back = split(&joined(plain, password.unwrap_or_default()));
            assert_eq!(back, parts, "{whole}");
        }
        assert_eq!(joined("http://h", "hush"), "http://h");
    }
}
