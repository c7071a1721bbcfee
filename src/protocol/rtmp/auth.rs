//! Authentication of a publisher by user and password: the "adobe" and "llnw"
//! methods that encoders share.
//!
//! Neither is in a published standard. Both take up to three connections, for the
//! server closes each one that it rejects: the first rejection names the method,
//! the second, to a client that named its user, holds a challenge, and the third
//! connection carries the response. Everything travels in the query of `app` and
//! `tcUrl` and in the description of the rejection. Nothing here is more than MD5:
//! it hides the password from the network and protects nothing else.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};

use super::key::{Credentials, Secret};
use crate::text::connection::sign_in;

/// How a user proves to know the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthMethod {
    /// Adobe Media Server, Wowza, Akamai.
    Adobe,
    /// Limelight; the shape of HTTP's digest authentication (RFC 7616).
    Limelight,
}

impl AuthMethod {
    /// Its name in `authmod=`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Adobe => "adobe",
            Self::Limelight => "llnw",
        }
    }
}

/// What the next connection has to say, made from a rejection.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthRound {
    method: AuthMethod,
    query: Secret,
    answers_challenge: bool,
}

/// Why authentication can't go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The server wants a user and password, and none are known.
    #[error("{}", sign_in::NEEDED)]
    CredentialsNeeded,
    /// The server does not accept the password.
    #[error("{}", sign_in::WRONG_PASSWORD)]
    WrongPassword,
    /// The server does not know the user.
    #[error("{}", sign_in::NO_SUCH_USER)]
    NoSuchUser,
    /// Some other refusal, in the server's word.
    #[error("{}", sign_in::refused(reason))]
    Refused {
        /// What it gave as its reason.
        reason: String,
    },
    /// A method that is not known here.
    #[error("{}", sign_in::unknown_method(method))]
    UnknownMethod {
        /// Its name.
        method: String,
    },
}

impl AuthRound {
    /// What to say after a rejection with this description, or none if it is not
    /// about authentication.
    ///
    /// `previous` is what the rejected connection said, `app` the application, and
    /// `nonce` a number that was not used before.
    pub fn after(
        description: &str,
        previous: Option<&Self>,
        credentials: Option<&Credentials>,
        app: &str,
        nonce: u32,
    ) -> Result<Option<Self>, AuthError> {
        let Some(rejection) = Rejection::of(description)? else {
            return Ok(None);
        };
        let credentials = credentials.ok_or(AuthError::CredentialsNeeded)?;
        let said = previous.filter(|round| round.method == rejection.method);
        match rejection.reason {
            // Named its user or answered already: asking again is a refusal.
            None | Some("needauth") if said.is_some_and(|round| round.answers_challenge) => {
                Err(AuthError::WrongPassword)
            }
            None if said.is_some() => {
                Err(AuthError::Refused { reason: sign_in::NEED_AUTH.to_owned() })
            }
            None => Ok(Some(Self::naming_user(rejection.method, credentials))),
            Some("needauth") => Ok(Some(Self::answering(&rejection, credentials, app, nonce))),
            Some("authfailed" | "authfail") => Err(AuthError::WrongPassword),
            Some("nosuchuser") => Err(AuthError::NoSuchUser),
            Some(other) => Err(AuthError::Refused { reason: other.to_owned() }),
        }
    }

    /// The method in use.
    pub fn method(&self) -> AuthMethod {
        self.method
    }

    /// Whether this is the last round: it carries the response to a challenge.
    pub fn answers_challenge(&self) -> bool {
        self.answers_challenge
    }

    /// `address`, an application or `tcUrl`, with what the round has to say.
    pub(super) fn appended_to(&self, address: &str) -> String {
        let joint = if address.contains('?') { '&' } else { '?' };
        format!("{address}{joint}{}", self.query.expose())
    }

    fn naming_user(method: AuthMethod, credentials: &Credentials) -> Self {
        let query = format!("authmod={}&user={}", method.name(), escaped(&credentials.user));
        Self { method, query: Secret::new(&query), answers_challenge: false }
    }

    fn answering(rejection: &Rejection<'_>, who: &Credentials, app: &str, nonce: u32) -> Self {
        let answer = match rejection.method {
            AuthMethod::Adobe => adobe_answer(rejection, who, nonce),
            AuthMethod::Limelight => limelight_answer(rejection, who, app, nonce),
        };
        let named = Self::naming_user(rejection.method, who);
        let query = Secret::new(&format!("{}&{answer}", named.query.expose()));
        Self { query, answers_challenge: true, ..named }
    }
}

impl fmt::Debug for AuthRound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = if self.answers_challenge { "response" } else { "user" };
        write!(f, "AuthRound({}, {last})", self.method.name())
    }
}

/// The response to an "adobe" challenge. `challenge` is the server's opaque value
/// or, where there is none, its challenge.
pub fn adobe_response(
    who: &Credentials,
    salt: &str,
    challenge: &str,
    client_challenge: &str,
) -> String {
    let secret = STANDARD.encode(md5(&[&who.user, salt, who.password.expose()]));
    STANDARD.encode(md5(&[&secret, challenge, client_challenge]))
}

/// The response to an "llnw" challenge, for the first request with its nonce.
pub fn limelight_response(who: &Credentials, app: &str, nonce: &str, client_nonce: &str) -> String {
    let app = app.split('?').next().unwrap_or(app);
    let instance = if app.contains('/') { "" } else { "/_definst_" };
    let secret = hex(md5(&[&who.user, ":live:", who.password.expose()]));
    let what = hex(md5(&["publish:/", app, instance]));
    hex(md5(&[&secret, ":", nonce, ":", NONCE_COUNT, ":", client_nonce, ":auth:", &what]))
}

/// The value called `name` in the query of an address, as it stands there.
pub(super) fn query_value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key.trim() == name).then(|| value.trim())
    })
}

/// `nc`: each nonce is used once.
const NONCE_COUNT: &str = "00000001";

/// A rejection that is about authentication.
struct Rejection<'a> {
    method: AuthMethod,
    /// `None`: the server names the method and wants to know the user.
    reason: Option<&'a str>,
    query: &'a str,
}

impl<'a> Rejection<'a> {
    /// Servers wrap the method and the query in words of their own, so both are
    /// looked for anywhere in the text.
    fn of(description: &'a str) -> Result<Option<Self>, AuthError> {
        const MARK: &str = "authmod=";
        let Some(at) = description.find(MARK) else {
            return Ok(None);
        };
        let name = &description[at + MARK.len()..];
        let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        let method = match &name[..end] {
            "adobe" => AuthMethod::Adobe,
            "llnw" => AuthMethod::Limelight,
            other => return Err(AuthError::UnknownMethod { method: other.to_owned() }),
        };
        let query = description.split_once('?').map_or("", |(_, query)| query);
        Ok(Some(Self { method, reason: query_value(query, "reason"), query }))
    }

    fn value(&self, name: &str) -> &'a str {
        query_value(self.query, name).unwrap_or_default()
    }
}

fn adobe_answer(rejection: &Rejection<'_>, who: &Credentials, nonce: u32) -> String {
    let client_challenge = format!("{nonce:08x}");
    let opaque = rejection.value("opaque");
    let challenge = if opaque.is_empty() { rejection.value("challenge") } else { opaque };
    let response = adobe_response(who, rejection.value("salt"), challenge, &client_challenge);
    let mut answer = format!("challenge={client_challenge}&response={response}");
    if !opaque.is_empty() {
        answer += &format!("&opaque={opaque}");
    }
    answer
}

fn limelight_answer(rejection: &Rejection<'_>, who: &Credentials, app: &str, nonce: u32) -> String {
    let client_nonce = format!("{nonce:08x}");
    let server_nonce = rejection.value("nonce");
    let response = limelight_response(who, app, server_nonce, &client_nonce);
    format!("nonce={server_nonce}&cnonce={client_nonce}&nc={NONCE_COUNT}&response={response}")
}

fn md5(parts: &[&str]) -> [u8; 16] {
    let mut hash = Md5::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

fn hex(bytes: [u8; 16]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A user's name as a query can carry it (RFC 3986 §2.1).
fn escaped(user: &str) -> String {
    let escape = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    user.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME_ADOBE: &str = "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ";
    const CHALLENGE: &str = "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=zang\
                             &salt=PJuw1w==&challenge=6fruuQ==&opaque=6fruuQ==";

    fn zang() -> Credentials {
        Credentials::new("zang", "123456")
    }

    fn next(said: &str, previous: Option<&AuthRound>) -> Result<Option<AuthRound>, AuthError> {
        AuthRound::after(said, previous, Some(&zang()), "live", 0x0123_4567)
    }

    #[test]
    fn responses_match_known_vectors() {
        assert_eq!(
            adobe_response(&zang(), "PJuw1w==", "6fruuQ==", "xNJABQ=="),
            "POsdGoxLEjAupogeAEVxHg=="
        );
        let who = Credentials::new("user", "pass");
        assert_eq!(
            limelight_response(&who, "app", "abcd", "01234567"),
            "84b52e351048f1a6ae41d72b89cca97c"
        );
        assert_eq!(
            limelight_response(&who, "app?authmod=llnw", "abcd", "01234567"),
            "84b52e351048f1a6ae41d72b89cca97c",
            "the query is not part of the application"
        );
    }

    #[test]
    fn three_rounds_of_adobe() {
        let second = next(NAME_ADOBE, None).unwrap().unwrap();
        assert_eq!(second.appended_to("live"), "live?authmod=adobe&user=zang");
        assert_eq!(second.appended_to("live?x=1"), "live?x=1&authmod=adobe&user=zang");
        let third = next(CHALLENGE, Some(&second)).unwrap().unwrap();
        let response = adobe_response(&zang(), "PJuw1w==", "6fruuQ==", "01234567");
        assert_eq!(
            third.appended_to("live"),
            format!(
                "live?authmod=adobe&user=zang&challenge=01234567&response={response}&opaque=6fruuQ=="
            )
        );
        assert!(third.answers_challenge() && !second.answers_challenge());
    }

    #[test]
    fn three_rounds_of_limelight() {
        let second = next("[ code=403 need auth; authmod=llnw ]", None).unwrap().unwrap();
        let challenge = "authmod=llnw ?reason=needauth&user=zang&nonce=abcd==";
        let third = next(challenge, Some(&second)).unwrap().unwrap();
        let response = limelight_response(&zang(), "live", "abcd==", "01234567");
        assert_eq!(
            third.appended_to("live"),
            format!(
                "live?authmod=llnw&user=zang&nonce=abcd==&cnonce=01234567&nc=00000001&response={response}"
            )
        );
    }

    #[test]
    fn rounds_come_to_an_end() {
        let second = next(NAME_ADOBE, None).unwrap().unwrap();
        let third = next(CHALLENGE, Some(&second)).unwrap().unwrap();
        let reject = |reason: &str| format!("[ authmod=adobe ] : ?reason={reason}&opaque=x");
        assert_eq!(next(&reject("authfailed"), Some(&third)), Err(AuthError::WrongPassword));
        assert_eq!(next("authmod=llnw : ?reason=authfail", None), Err(AuthError::WrongPassword));
        assert_eq!(next(&reject("nosuchuser"), Some(&second)), Err(AuthError::NoSuchUser));
        assert_eq!(next(CHALLENGE, Some(&third)), Err(AuthError::WrongPassword));
        assert!(matches!(next(NAME_ADOBE, Some(&second)), Err(AuthError::Refused { .. })));
        assert!(matches!(next(&reject("banned"), Some(&third)), Err(AuthError::Refused { .. })));
        let unknown = next("code=403 need auth; authmod=kerberos", None);
        assert!(matches!(unknown, Err(AuthError::UnknownMethod { .. })));
    }

    #[test]
    fn without_a_password_there_is_no_round() {
        let needed = AuthRound::after(NAME_ADOBE, None, None, "live", 0);
        assert_eq!(needed, Err(AuthError::CredentialsNeeded));
        assert_eq!(AuthRound::after("go away", None, None, "live", 0), Ok(None));
    }

    #[test]
    fn users_are_escaped_and_rounds_not_printed() {
        let who = Credentials::new("a b&c", "p");
        let round = AuthRound::after(NAME_ADOBE, None, Some(&who), "live", 0).unwrap().unwrap();
        assert_eq!(round.appended_to("x"), "x?authmod=adobe&user=a%20b%26c");
        assert_eq!(format!("{round:?}"), "AuthRound(adobe, user)");
    }
}
