//! Asking publishers for a user and password, as the methods of
//! [`rtmp::auth`](crate::protocol::rtmp::auth) have it.
//!
//! A challenge is answered on another connection than it was given on. It is
//! signed instead of remembered, so that a client that never comes back costs
//! nothing.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::media::MediaTime;
use crate::protocol::rtmp::auth::{AuthMethod, adobe_response, limelight_response, query_value};
use crate::protocol::rtmp::key::{Credentials, constant_time_eq};
use crate::protocol::rtmp::url::percent_decoded;

/// How long a challenge may be answered, in minutes.
const VALID_MINUTES: i64 = 2;

/// Who may connect, and how it is proved.
#[derive(Clone)]
pub struct Authentication {
    /// How.
    pub method: AuthMethod,
    /// Who.
    pub credentials: Credentials,
    /// Random bytes that sign challenges: the same for all connections of a server.
    pub secret: [u8; 32],
}

/// What becomes of a connection.
pub(super) enum Admission {
    Granted,
    /// Refused with this description.
    Refused(String),
}

impl Authentication {
    /// Judges the query of `app`. `random` makes a challenge differ from others.
    pub(super) fn judge(&self, app: &str, random: u32, now: MediaTime) -> Admission {
        let (name, query) = app.split_once('?').unwrap_or((app, ""));
        let method = self.method.name();
        let value = |key: &str| query_value(query, key).unwrap_or_default();
        if value("authmod") != method {
            let text =
                format!("[ AccessManager.Reject ] : [ code=403 need auth; authmod={method} ] : ");
            return Admission::Refused(text);
        }
        let user = value("user");
        if !constant_time_eq(percent_decoded(user).as_bytes(), self.credentials.user.as_bytes()) {
            return self.refused("reason=nosuchuser");
        }
        if value("response").is_empty() {
            return self.refused(&self.challenge(user, random, now));
        }
        let (challenge, expected) = self.expected(name, &value);
        let right = constant_time_eq(expected.as_bytes(), value("response").as_bytes());
        if right && self.is_ours(challenge, now) {
            Admission::Granted
        } else {
            self.refused("reason=authfailed")
        }
    }

    fn refused(&self, query: &str) -> Admission {
        let method = self.method.name();
        Admission::Refused(format!("[ AccessManager.Reject ] : [ authmod={method} ] : ?{query}"))
    }

    fn challenge(&self, user: &str, random: u32, now: MediaTime) -> String {
        let challenge = self.signed(minute(now), random);
        match self.method {
            AuthMethod::Adobe => {
                let salt = self.salt();
                format!(
                    "reason=needauth&user={user}&salt={salt}&challenge={challenge}&opaque={challenge}"
                )
            }
            AuthMethod::Limelight => format!("reason=needauth&user={user}&nonce={challenge}"),
        }
    }

    /// The challenge that the client claims to answer, and the right answer to it.
    fn expected<'a>(&self, app: &str, value: &impl Fn(&str) -> &'a str) -> (&'a str, String) {
        let who = &self.credentials;
        match self.method {
            AuthMethod::Adobe => {
                let challenge = value("opaque");
                (challenge, adobe_response(who, &self.salt(), challenge, value("challenge")))
            }
            AuthMethod::Limelight => {
                let nonce = value("nonce");
                (nonce, limelight_response(who, app, nonce, value("cnonce")))
            }
        }
    }

    fn salt(&self) -> String {
        self.signature(b"salt")
    }

    fn signed(&self, minute: i64, random: u32) -> String {
        let text = format!("{minute:x}.{random:08x}");
        let signature = self.signature(text.as_bytes());
        format!("{text}.{signature}")
    }

    fn is_ours(&self, challenge: &str, now: MediaTime) -> bool {
        let Some((text, signature)) = challenge.rsplit_once('.') else {
            return false;
        };
        let issued = text.split('.').next().and_then(|minute| i64::from_str_radix(minute, 16).ok());
        let fresh = issued.is_some_and(|issued| {
            (0..=VALID_MINUTES).contains(&(minute(now).saturating_sub(issued)))
        });
        fresh && constant_time_eq(self.signature(text.as_bytes()).as_bytes(), signature.as_bytes())
    }

    fn signature(&self, text: &[u8]) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        mac.update(text);
        let bytes = mac.finalize().into_bytes();
        bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authentication({})", self.method.name())
    }
}

fn minute(now: MediaTime) -> i64 {
    now.as_millis().div_euclid(60_000)
}
