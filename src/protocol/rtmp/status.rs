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
    /// The key is already publishing. Some servers say this of a wrong key, too.
    KeyInUse,
    /// The key is wrong or may not publish.
    KeyRejected,
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
    /// What `status` means.
    pub fn of(status: &Status) -> Self {
        match status.code.as_str() {
            "NetConnection.Connect.Success" => Self::Connected,
            "NetStream.Publish.Start" => Self::PublishStarted,
            "NetStream.Unpublish.Success" => Self::Unpublished,
            "NetStream.Publish.Idle" => Self::Warning,
            "NetConnection.Call.Failed" | "NetConnection.Call.BadVersion" => Self::Warning,
            code => match Refusal::of(code) {
                Some(refusal) => Self::Refusal(refusal),
                None if harmless(code) => Self::Information,
                None if status.is_error() => Self::Refusal(Refusal::Unknown),
                None if status.level.eq_ignore_ascii_case("warning") => Self::Warning,
                None => Self::Information,
            },
        }
    }
}

/// Notices about things beside publishing, whatever their level.
fn harmless(code: &str) -> bool {
    [
        "NetStream.Record.",
        "NetStream.Play.",
        "NetStream.Data.",
        "NetStream.Buffer.",
        "SharedObject.",
    ]
    .iter()
    .any(|start| code.starts_with(start))
}

impl Refusal {
    /// The refusal that `code` stands for.
    fn of(code: &str) -> Option<Self> {
        if code.starts_with("NetStream.Authenticate.") {
            return Some(Self::KeyRejected);
        }
        Some(match code {
            "NetStream.Publish.BadName" => Self::KeyInUse,
            "NetStream.Publish.Denied"
            | "NetStream.Publish.Rejected"
            | "NetStream.Publish.Unauthorized"
            | "NetStream.Publish.BadAuth" => Self::KeyRejected,
            "NetConnection.Connect.InvalidApp" => Self::NoSuchApp,
            "NetConnection.Connect.Rejected" => Self::Rejected,
            "NetConnection.Connect.AppShutdown"
            | "NetConnection.Connect.Closed"
            | "NetConnection.Connect.IdleTimeOut"
            | "NetConnection.Connect.IdleTimeout" => Self::ShuttingDown,
            "NetConnection.Connect.Failed"
            | "NetStream.Publish.Failed"
            | "NetStream.Failed"
            | "NetStream.InvalidArg" => Self::Failed,
            _ => return None,
        })
    }

    /// What to do about it, in one sentence without a full stop.
    pub fn advice(self) -> &'static str {
        match self {
            Self::KeyInUse => {
                "Stop the other publisher, or wait until the server lets go of the last stream; \
                 if there is none, check the stream key"
            }
            Self::KeyRejected => "Check the stream key, and that the channel may go live",
            Self::NoSuchApp => {
                "Check the server address: the part after the host is not known there"
            }
            Self::Rejected => "Check the server address and the stream key",
            Self::ShuttingDown => "Wait: the server closes its connections and may come back",
            Self::Failed | Self::Unknown => {
                "Look at the service's page for what it says of the stream"
            }
        }
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
        assert_eq!(meaning("NetStream.Publish.BadName", ""), Meaning::Refusal(Refusal::KeyInUse));
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
}
