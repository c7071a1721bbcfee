//! Why a connection is not safe, as "No safe connection to …:" goes on.

use std::fmt::Display;

/// No TLS at all.
pub const NOT_TLS: &str = "what answers there does not speak TLS";
/// Closed during the handshake.
pub const CLOSED: &str = "the server closed while encryption was being agreed on";

/// What is wrong with the server's certificate: one of those below.
pub fn certificate(wrong: impl Display) -> String {
    format!("the server's certificate {wrong}")
}

/// An alert.
pub fn refused(alert: &str) -> String {
    format!("the server refused encryption: {alert}")
}

/// No version or suite in common.
pub fn incompatible(detail: &str) -> String {
    format!("the server speaks no version of TLS that is safe: {detail}")
}

/// A host that nobody could certify.
pub fn no_name(host: &str) -> String {
    format!("{host:?} is no name that a certificate could be for")
}

/// Broken rules.
pub fn broken(detail: &str) -> String {
    format!("encryption broke: {detail}")
}

/// What is wrong with a certificate, as "the server's certificate" goes on.
pub mod certificate {
    /// Some time ago.
    pub const EXPIRED: &str = "has expired";
    /// A day ago.
    pub const EXPIRED_YESTERDAY: &str = "expired yesterday";
    /// In the future.
    pub const NOT_YET_VALID: &str = "is not valid yet; is this computer's date right?";
    /// Somebody else's.
    pub const WRONG_NAME: &str = "is for another name";
    /// Nobody's, as far as it counts: a host in the common name alone.
    pub const NAMES_NO_HOST: &str =
        "names no host in its subjectAltName; a name in its common name (CN) alone does not count";
    /// Of an unknown signer.
    pub const UNKNOWN_ISSUER: &str =
        "is signed by nobody whom this computer trusts, perhaps only by itself";
    /// Taken back.
    pub const REVOKED: &str = "was revoked";
    /// Another than the one that is trusted.
    pub const NOT_THE_ONE: &str = "is not the one with the fingerprint that was given";
    /// None.
    pub const MISSING: &str = "is missing";

    /// Several days ago.
    pub fn expired(days: u64) -> String {
        format!("expired {days} days ago")
    }

    /// Somebody else's, and whose.
    pub fn wrong_name(names: &str) -> String {
        format!("is for another name ({names})")
    }

    /// Anything else.
    pub fn unusable(reason: &str) -> String {
        format!("can't be used: {reason}")
    }
}

/// Why nobody can be believed, and a fingerprint that is none.
pub mod trust {
    use super::Display;

    /// A file of another kind.
    pub const NOT_PEM: &str = "it is not a PEM file";
    /// Not 64 digits.
    pub const NO_FINGERPRINT: &str =
        "a certificate's fingerprint is 64 hexadecimal digits (SHA-256)";

    /// A file without certificates.
    pub fn file(path: impl Display, reason: &str) -> String {
        format!("{path} holds no certificate that can be used: {reason}")
    }

    /// A system without certificates.
    pub fn system(reason: &str) -> String {
        format!("this system has no certificates to trust ({reason}); install its ca-certificates")
    }
}
