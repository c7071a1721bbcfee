//! What a server's status codes mean for a publisher, and what to do about them.
//!
//! The codes are those of RTMP 1.0 §7.2 and of the servers that added their own.
//! Levels are judged only where the code says nothing: some servers leave them
//! out.

use super::command::Status;

/// What a status means for a publisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// `NetConnection.Connect.Success`.
    Connected,
    /// `NetStream.Publish.Start`: the stream is live.
    PublishStarted,
    /// The server has let go of the stream.
    Unpublished,
    /// Nothing that changes anything.
    Information,
    /// Something the publisher should know of, and nothing ends.
    Warning,
    /// The server will not have the stream.
    Refusal(Refusal),
}

/// Why a server will not have a stream, or no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The key is already publishing.
    KeyInUse,
    /// The key is in use or not valid: the server has one code for both, and its words
    /// don't say which.
    KeyRefused,
    /// The key is wrong or may not publish.
    KeyRejected,
    /// The key is longer than the server takes.
    KeyTooLong,
    /// There is no such application.
    NoSuchApp,
    /// The connection was refused for a reason of the server's own.
    Rejected,
    /// The server is shutting down, or lost patience.
    ShuttingDown,
    /// Something failed inside the server.
    Failed,
    /// A code that is not known here, at level "error".
    Unknown,
}

impl Meaning {
    /// What `status` means. Codes count in any case.
    pub fn of(status: &Status) -> Self {
        let code = status.code.to_ascii_lowercase();
        match code.as_str() {
            "netconnection.connect.success" => Self::Connected,
            "netstream.publish.start" => Self::PublishStarted,
            "netstream.unpublish.success" => Self::Unpublished,
            "netstream.publish.idle" => Self::Warning,
            "netconnection.call.failed" | "netconnection.call.badversion" => Self::Warning,
            code => match Refusal::of(code, &status.description) {
                Some(refusal) => Self::Refusal(refusal),
                None if harmless(code) => Self::Information,
                None if status.is_error() => Self::Refusal(Refusal::Unknown),
                None if status.level.eq_ignore_ascii_case("warning") => Self::Warning,
                None => Self::Information,
            },
        }
    }

    /// Whether it announces nothing bad.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Connected | Self::PublishStarted | Self::Information)
    }
}

/// Notices about things beside publishing, whatever their level.
fn harmless(code: &str) -> bool {
    [
        "netstream.record.",
        "netstream.play.",
        "netstream.data.",
        "netstream.buffer.",
        "sharedobject.",
    ]
    .iter()
    .any(|start| code.starts_with(start))
}

impl Refusal {
    /// The refusal that `code`, in small letters, stands for.
    fn of(code: &str, words: &str) -> Option<Self> {
        if code.starts_with("netstream.authenticate.") {
            return Some(Self::of_key(words).unwrap_or(Self::KeyRejected));
        }
        Some(match code {
            "netstream.publish.badname" => Self::of_key(words).unwrap_or(Self::KeyRefused),
            "netstream.publish.denied"
            | "netstream.publish.rejected"
            | "netstream.publish.unauthorized"
            | "netstream.publish.badauth" => Self::of_key(words).unwrap_or(Self::KeyRejected),
            "netconnection.connect.invalidapp" => Self::NoSuchApp,
            "netconnection.connect.rejected" => Self::Rejected,
            "netconnection.connect.appshutdown"
            | "netconnection.connect.closed"
            | "netconnection.connect.idletimeout" => Self::ShuttingDown,
            "netconnection.connect.failed"
            | "netstream.publish.failed"
            | "netstream.failed"
            | "netstream.invalidarg" => Self::Failed,
            _ if code.starts_with("netstream.publish.") => {
                return Self::of_key(&[code, words].join(" "));
            }
            _ => return None,
        })
    }

    /// What a server's words say of a key: many have one code for all that can be
    /// wrong with it. None where they say nothing, or two things.
    fn of_key(words: &str) -> Option<Self> {
        const IN_USE: [&str; 7] = [
            "already",
            "in use",
            "is busy",
            "duplicate",
            "is publishing",
            "being published",
            "another publisher",
        ];
        const TOO_LONG: [&str; 4] = ["too long", "toolong", "length", "longer than"];
        const WRONG: [&str; 14] = [
            "invalid",
            "not valid",
            "expired",
            "wrong",
            "incorrect",
            "unknown",
            "not found",
            "not exist",
            "not allowed",
            "denied",
            "forbidden",
            "unauthori",
            "disabled",
            "suspended",
        ];
        let words = words.to_lowercase();
        let says = |any: &[&str]| any.iter().any(|part| words.contains(part));
        match (says(&IN_USE), says(&TOO_LONG), says(&WRONG)) {
            (true, false, false) => Some(Self::KeyInUse),
            (false, true, _) => Some(Self::KeyTooLong),
            (false, false, true) => Some(Self::KeyRejected),
            _ => None,
        }
    }

    /// Whether it is about the key.
    pub fn is_of_key(self) -> bool {
        matches!(self, Self::KeyInUse | Self::KeyRefused | Self::KeyRejected | Self::KeyTooLong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(code: &str, level: &str) -> Meaning {
        Meaning::of(&Status { level: level.into(), code: code.into(), ..Status::default() })
    }

    #[test]
    fn the_code_counts_before_the_level() {
        assert_eq!(meaning("NetStream.Publish.Start", "error"), Meaning::PublishStarted);
        assert_eq!(meaning("NetStream.Publish.BadName", ""), Meaning::Refusal(Refusal::KeyRefused));
        assert_eq!(
            meaning("NetStream.Authenticate.UsherStreamKeyError", ""),
            Meaning::Refusal(Refusal::KeyRejected)
        );
        assert_eq!(meaning("NetStream.Record.DiskQuotaExceeded", "error"), Meaning::Information);
    }

    #[test]
    fn unknown_codes_are_judged_by_their_level() {
        assert_eq!(meaning("Custom.Thing", "error"), Meaning::Refusal(Refusal::Unknown));
        assert_eq!(meaning("Custom.Thing", "warning"), Meaning::Warning);
        assert_eq!(meaning("Custom.Thing", "status"), Meaning::Information);
        assert_eq!(meaning("Custom.Thing", ""), Meaning::Information);
    }

    #[test]
    fn codes_count_in_any_case() {
        for code in
            ["netstream.publish.start", "NETSTREAM.PUBLISH.START", "NetStream.publish.start"]
        {
            assert_eq!(meaning(code, ""), Meaning::PublishStarted);
        }
        let refused = meaning("netConnection.Connect.invalidApp", "");
        assert_eq!(refused, Meaning::Refusal(Refusal::NoSuchApp));
        assert_eq!(meaning("netstream.play.reset", "error"), Meaning::Information);
    }

    #[test]
    fn the_words_tell_what_one_code_says_of_a_key() {
        use Refusal::{KeyInUse, KeyRefused, KeyRejected, KeyTooLong};
        for (words, expected) in [
            ("Already publishing", KeyInUse),
            ("Stream is already in use", KeyInUse),
            ("Another publisher took over, for nothing was heard any more", KeyInUse),
            ("key invalid or expired", KeyRejected),
            ("Stream key not found", KeyRejected),
            ("A stream needs a name of reasonable length", KeyTooLong),
            ("stream name too long", KeyTooLong),
            ("key already in use or invalid", KeyRefused),
            ("", KeyRefused),
            ("nope", KeyRefused),
        ] {
            let said = Status {
                code: "NetStream.Publish.BadName".into(),
                description: words.into(),
                ..Status::default()
            };
            assert_eq!(Meaning::of(&said), Meaning::Refusal(expected), "{words}");
            let said = Status { code: "NetStream.Publish.Denied".into(), ..said };
            let denied = if expected == KeyRefused { KeyRejected } else { expected };
            assert_eq!(Meaning::of(&said), Meaning::Refusal(denied), "{words}");
        }
    }
}
