//! HTTP CONNECT (RFC 9110 §9.3.6) with Basic authentication (RFC 7617), as a state
//! machine.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Endpoint, Kind, ProxyError};
use crate::protocol::rtmp::key::Credentials;
use crate::text::proxy::http as text;

/// What an answer begins with.
const HTTP: &[u8] = b"HTTP/1.";

/// The longest head of an answer that is read.
const LONGEST: usize = 16 << 10;

/// What is quoted of a reason at most, in characters.
const QUOTED: usize = 100;

/// Asks for one connection.
pub(super) struct Connect {
    request: String,
    signed_in: bool,
    /// The head of the answer so far.
    head: Vec<u8>,
    done: bool,
}

impl std::fmt::Debug for Connect {
    /// Without the request, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connect").field("head", &self.head.len()).finish_non_exhaustive()
    }
}

impl Connect {
    pub(super) fn new(endpoint: &Endpoint, credentials: Option<&Credentials>) -> Self {
        let authorization = credentials.map(|Credentials { user, password }| {
            let pair = STANDARD.encode(format!("{user}:{}", password.expose()));
            format!("Proxy-Authorization: Basic {pair}\r\n")
        });
        let signed_in = authorization.is_some();
        let authorization = authorization.unwrap_or_default();
        let request =
            format!("CONNECT {endpoint} HTTP/1.1\r\nHost: {endpoint}\r\n{authorization}\r\n");
        Self { request, signed_in, head: Vec::new(), done: false }
    }

    /// All that is to be said.
    pub(super) fn output(&self) -> &[u8] {
        self.request.as_bytes()
    }

    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// Takes bytes of the answer: how many. No byte is taken after its head.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<usize, ProxyError> {
        for (i, byte) in bytes.iter().enumerate() {
            if self.done {
                return Ok(i);
            }
            self.head.push(*byte);
            let begun = self.head.len().min(HTTP.len());
            if self.head[..begun] != HTTP[..begun] || self.head.len() > LONGEST {
                return Err(ProxyError::NotAProxy(Kind::Http));
            }
            if self.head.ends_with(b"\r\n\r\n") || self.head.ends_with(b"\n\n") {
                self.judge()?;
            }
        }
        Ok(bytes.len())
    }

    /// The head is whole.
    fn judge(&mut self) -> Result<(), ProxyError> {
        let head = String::from_utf8_lossy(&self.head).into_owned();
        self.head.clear();
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split_once(' '));
        let (code, reason) = status.map(|(_, rest)| code_and_reason(rest)).unwrap_or_default();
        match code {
            // It goes on: the answer follows.
            100..=199 => {}
            200..=299 => self.done = true,
            _ => return Err(self.refusal(code, &reason, lines)),
        }
        Ok(())
    }

    fn refusal<'a>(
        &self,
        code: u16,
        reason: &str,
        headers: impl Iterator<Item = &'a str>,
    ) -> ProxyError {
        match code {
            0 => ProxyError::NotAProxy(Kind::Http),
            407 if !takes_basic(headers) => ProxyError::Refused(text::NO_BASIC.into()),
            407 if self.signed_in => ProxyError::WrongPassword,
            407 => ProxyError::WantsPassword,
            403 => ProxyError::Forbidden,
            502..=504 => ProxyError::ServerUnreachable(quoted(code, reason)),
            _ => ProxyError::Refused(quoted(code, reason)),
        }
    }
}

fn code_and_reason(rest: &str) -> (u16, String) {
    let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let code = code.trim().parse().ok().filter(|code| (100..=999).contains(code));
    (code.unwrap_or(0), reason.trim().to_owned())
}

/// Whether the proxy takes a password as it is given here; what says nothing may.
fn takes_basic<'a>(headers: impl Iterator<Item = &'a str>) -> bool {
    let mut asks = headers.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("proxy-authenticate").then(|| value.to_ascii_lowercase())
    });
    let mut asked = asks.by_ref().peekable();
    asked.peek().is_none() || asked.any(|value| value.contains("basic"))
}

/// Code and reason as the proxy sent them, without what can't be shown.
fn quoted(code: u16, reason: &str) -> String {
    let shown = reason.chars().filter(|c| !c.is_control()).take(QUOTED);
    format!("{code} {}", shown.collect::<String>()).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(credentials: Option<&Credentials>) -> Connect {
        Connect::new(&Endpoint::new("live.example", 1935), credentials)
    }

    /// The answer byte by byte.
    fn answer(mut connect: Connect, bytes: &[u8]) -> Result<Connect, ProxyError> {
        for byte in bytes {
            assert!(!connect.is_done(), "it waits for no more");
            assert_eq!(connect.feed(&[*byte])?, 1);
        }
        Ok(connect)
    }

    #[test]
    fn what_is_asked() {
        let said = "CONNECT live.example:1935 HTTP/1.1\r\nHost: live.example:1935\r\n\r\n";
        assert_eq!(ask(None).output(), said.as_bytes());
        let v6 = Connect::new(&Endpoint::new("2001:db8::1", 443), None);
        assert!(v6.output().starts_with(b"CONNECT [2001:db8::1]:443 HTTP/1.1\r\n"));
        let who = Credentials::new("Aladdin", "open sesame");
        let asked = ask(Some(&who));
        let text = String::from_utf8_lossy(asked.output());
        assert!(text.contains("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
        assert!(!format!("{asked:?}").contains("QWxh"));
    }

    #[test]
    fn answers_that_grant_it() {
        for granted in [
            "HTTP/1.1 200 Connection established\r\n\r\n",
            "HTTP/1.0 200 OK\r\nVia: x\r\nContent-Length: 7\r\n\r\n",
            "HTTP/1.1 200\r\n\r\n",
            "HTTP/1.1 204 Odd\n\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        ] {
            assert!(answer(ask(None), granted.as_bytes()).expect(granted).is_done(), "{granted}");
        }
    }

    #[test]
    fn what_follows_the_head_is_left_alone() {
        let head = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
        let mut connect = ask(None);
        assert_eq!(connect.feed(&[&head[..], b"\x03RTMP"].concat()), Ok(head.len()));
        assert!(connect.is_done());
        assert_eq!(connect.feed(b"more"), Ok(0));
    }

    #[test]
    fn refusals_are_told_apart() {
        let who = Credentials::new("ann", "secret");
        let fails = |who: Option<&Credentials>, head: &str| {
            let head = format!("HTTP/1.1 {head}\r\n\r\n");
            answer(ask(who), head.as_bytes()).expect_err("refused")
        };
        let basic = "407 Who are you\r\nProxy-Authenticate: Basic realm=\"x\"";
        assert_eq!(fails(None, basic), ProxyError::WantsPassword);
        assert_eq!(fails(Some(&who), basic), ProxyError::WrongPassword);
        assert_eq!(fails(None, "407 X"), ProxyError::WantsPassword);
        let both = "407 X\r\nproxy-authenticate: NTLM\r\nproxy-authenticate: basic";
        assert_eq!(fails(Some(&who), both), ProxyError::WrongPassword);
        let other = "407 X\r\nProxy-Authenticate: Negotiate";
        assert!(matches!(fails(Some(&who), other), ProxyError::Refused(_)));
        assert_eq!(fails(None, "403 No"), ProxyError::Forbidden);
        assert_eq!(
            fails(None, "502 Bad\u{7} Gateway"),
            ProxyError::ServerUnreachable("502 Bad Gateway".into())
        );
        assert_eq!(fails(None, "405"), ProxyError::Refused("405".into()));
        let ProxyError::Refused(long) = fails(None, &format!("500 {}", "x".repeat(9_000))) else {
            panic!("refused");
        };
        assert!(long.len() < 200);
    }

    #[test]
    fn what_is_no_proxy() {
        for strange in ["\x05", "SSH-2.0", "HTTP/2 200", "HTTP/1.1 x\r\n\r\n", "HTTP/1.1\r\n\r\n"] {
            let error = answer(ask(None), strange.as_bytes()).expect_err(strange);
            assert_eq!(error, ProxyError::NotAProxy(Kind::Http), "{strange}");
        }
        let endless = [&b"HTTP/1.1 200 OK\r\nA: "[..], &[b'a'; LONGEST]].concat();
        let error = answer(ask(None), &endless).expect_err("too long");
        assert_eq!(error, ProxyError::NotAProxy(Kind::Http));
    }
}
