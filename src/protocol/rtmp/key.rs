//! Secrets that travel to the server and nowhere else: stream keys, passwords.
//!
//! Neither type can be printed, both are wiped when dropped, and both compare in
//! a time that does not depend on where two values differ. The one way to the
//! text is [`expose`](StreamKey::expose), so that a search for that word finds
//! every place a secret can leave by.

use std::fmt;
use std::hint::black_box;

/// The name a stream is published under, which on most services is a secret.
///
/// It is kept and sent byte for byte as it was given: blanks around it are the
/// only thing [`StreamKey::new`] takes off.
#[derive(Clone, PartialEq, Eq)]
pub struct StreamKey(Secret);

impl StreamKey {
    /// The key in `text` without the blanks and line ends around it.
    pub fn new(text: &str) -> Self {
        Self(Secret::new(text.trim()))
    }

    /// The text, for the wire and the keyring only.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Whether there is no key at all, which a few servers accept.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }

    /// Whether `candidate` is this key, in a time that depends on the lengths
    /// alone.
    pub fn matches(&self, candidate: &str) -> bool {
        constant_time_eq(self.expose().as_bytes(), candidate.as_bytes())
    }
}

impl fmt::Debug for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamKey(…)")
    }
}

impl fmt::Display for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// A user's name and password at the server.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user's name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

impl Credentials {
    /// A user's name and password, both as they are.
    pub fn new(user: &str, password: &str) -> Self {
        Self { user: user.to_owned(), password: Secret::new(password) }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// A text that can't be printed and is wiped when dropped.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The secret `text`, unchanged.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text, for the wire and the keyring only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        constant_time_eq(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl Eq for Secret {}

impl Drop for Secret {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.0).into_bytes();
        bytes.fill(0);
        // Without a use of the zeros the compiler may leave them out.
        black_box(&bytes);
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Whether `a` and `b` are equal, in a time that depends on their lengths alone.
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    let differing = a.iter().zip(b).fold(0, |seen, (x, y)| seen | (x ^ y));
    black_box(differing) == 0 && a.len() == b.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints_a_secret() {
        let key = StreamKey::new(" live_123 \n");
        let who = Credentials::new("ann", "live_123");
        let printed = format!("{key} {key:?} {who:?} {:?}", who.password);
        assert!(!printed.contains("123"), "{printed}");
        assert_eq!(key.expose(), "live_123");
    }

    #[test]
    fn keys_compare_by_their_whole_text() {
        let key = StreamKey::new("abc");
        assert!(key.matches("abc"));
        for other in ["", "ab", "abcd", "abd", "xbc"] {
            assert!(!key.matches(other), "{other}");
        }
    }
}
