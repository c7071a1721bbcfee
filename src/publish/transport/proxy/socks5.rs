//! SOCKS5 (RFC 1928) with user and password (RFC 1929), as a state machine.

use std::net::SocketAddr;

use super::{Endpoint, Kind, ProxyError};
use crate::protocol::rtmp::key::Credentials;
use crate::text::proxy::socks as text;

const VERSION: u8 = 5;
/// Authentication: none.
const NONE: u8 = 0;
/// Authentication: user and password.
const PASSWORD: u8 = 2;
/// None of the offered kinds of authentication will do.
const NO_METHOD: u8 = 0xFF;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;
/// A name, a user and a password have a length of one byte.
const LONGEST: usize = 255;

/// Asks for one connection.
#[derive(Debug)]
pub(super) struct Socks5 {
    endpoint: Endpoint,
    credentials: Option<Credentials>,
    stage: Stage,
    output: Output,
    /// The answer so far; at most 262 bytes.
    answer: Vec<u8>,
}

/// What is answered next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Methods,
    Password,
    Request,
    Done,
}

/// What was said. It prints without the password in it.
struct Output(Vec<u8>);

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(…)")
    }
}

impl Socks5 {
    pub(super) fn new(
        endpoint: Endpoint,
        credentials: Option<Credentials>,
    ) -> Result<Self, ProxyError> {
        let too_long = |text: &str| text.is_empty() || text.len() > LONGEST;
        if matches!(&endpoint, Endpoint::Name(name, _) if too_long(name)) {
            return Err(ProxyError::Refused(text::NAME_TOO_LONG.into()));
        }
        if credentials
            .as_ref()
            .is_some_and(|c| too_long(&c.user) || c.password.expose().len() > LONGEST)
        {
            return Err(ProxyError::Refused(text::PASSWORD_TOO_LONG.into()));
        }
        let methods: &[u8] = match credentials {
            Some(_) => &[VERSION, 2, NONE, PASSWORD],
            None => &[VERSION, 1, NONE],
        };
        let output = Output(methods.to_vec());
        Ok(Self { endpoint, credentials, stage: Stage::Methods, output, answer: Vec::new() })
    }

    /// All that is to be said so far.
    pub(super) fn output(&self) -> &[u8] {
        &self.output.0
    }

    pub(super) fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }

    /// Takes bytes of the answer: how many. No byte is taken after the last one.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<usize, ProxyError> {
        for (i, byte) in bytes.iter().enumerate() {
            if self.is_done() {
                return Ok(i);
            }
            self.answer.push(*byte);
            self.judge()?;
            if self.answer.len() == self.wanted() {
                self.go_on()?;
                self.answer.clear();
            }
        }
        Ok(bytes.len())
    }

    /// The length of the answer, as far as it is known.
    fn wanted(&self) -> usize {
        match (self.stage, &self.answer[..]) {
            (Stage::Methods | Stage::Password, _) => 2,
            // Version, code, reserved, the kind of address, the address, a port.
            (Stage::Request, [_, _, _, IPV6, ..]) => 4 + 16 + 2,
            (Stage::Request, [_, _, _, NAME]) => 5,
            (Stage::Request, [_, _, _, NAME, length, ..]) => 5 + usize::from(*length) + 2,
            (Stage::Request | Stage::Done, _) => 4 + 4 + 2,
        }
    }

    /// Errors are seen as soon as they can be: some proxies cut the answer short.
    fn judge(&self) -> Result<(), ProxyError> {
        match (self.stage, &self.answer[..]) {
            (Stage::Methods | Stage::Request, [version, ..]) if *version != VERSION => {
                Err(ProxyError::NotAProxy(Kind::Socks5))
            }
            (Stage::Request, [_, code, ..]) if *code != 0 => Err(refusal(*code)),
            (Stage::Request, [_, _, _, kind]) if ![IPV4, NAME, IPV6].contains(kind) => {
                Err(ProxyError::NotAProxy(Kind::Socks5))
            }
            _ => Ok(()),
        }
    }

    /// The answer is whole.
    fn go_on(&mut self) -> Result<(), ProxyError> {
        match (self.stage, self.answer[1]) {
            (Stage::Methods, NONE) => self.request(),
            (Stage::Methods, PASSWORD) => self.sign_in(),
            (Stage::Methods, NO_METHOD) if self.credentials.is_none() => {
                Err(ProxyError::WantsPassword)
            }
            (Stage::Methods, _) => Err(ProxyError::Refused(text::NO_METHOD.into())),
            (Stage::Password, 0) => self.request(),
            (Stage::Password, _) => Err(ProxyError::WrongPassword),
            (Stage::Request | Stage::Done, _) => {
                self.stage = Stage::Done;
                Ok(())
            }
        }
    }

    fn sign_in(&mut self) -> Result<(), ProxyError> {
        let Some(Credentials { user, password }) = &self.credentials else {
            return Err(ProxyError::WantsPassword);
        };
        self.output.0.push(1);
        for text in [user.as_str(), password.expose()] {
            self.output.0.push(text.len() as u8);
            self.output.0.extend(text.as_bytes());
        }
        self.stage = Stage::Password;
        Ok(())
    }

    fn request(&mut self) -> Result<(), ProxyError> {
        let output = &mut self.output.0;
        output.extend([VERSION, CONNECT, 0]);
        let port = match &self.endpoint {
            Endpoint::Name(name, port) => {
                output.extend([NAME, name.len() as u8]);
                output.extend(name.as_bytes());
                *port
            }
            Endpoint::Address(SocketAddr::V4(address)) => {
                output.push(IPV4);
                output.extend(address.ip().octets());
                address.port()
            }
            Endpoint::Address(SocketAddr::V6(address)) => {
                output.push(IPV6);
                output.extend(address.ip().octets());
                address.port()
            }
        };
        output.extend(port.to_be_bytes());
        self.stage = Stage::Request;
        Ok(())
    }
}

/// What a reply code means (RFC 1928 §6).
fn refusal(code: u8) -> ProxyError {
    match code {
        2 => ProxyError::Forbidden,
        3 => ProxyError::ServerUnreachable(text::NETWORK_UNREACHABLE.into()),
        4 => ProxyError::ServerUnreachable(text::HOST_UNREACHABLE.into()),
        5 => ProxyError::ServerUnreachable(text::NOT_LISTENING.into()),
        6 => ProxyError::ServerUnreachable(text::TIMED_OUT.into()),
        7 => ProxyError::Refused(text::NO_CONNECT.into()),
        8 => ProxyError::Refused(text::NO_ADDRESS_KIND.into()),
        1 => ProxyError::ServerUnreachable(text::GENERAL.into()),
        _ => ProxyError::ServerUnreachable(text::code(code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> Endpoint {
        Endpoint::new("live.example", 1935)
    }

    fn who() -> Option<Credentials> {
        Some(Credentials::new("ann", "secret"))
    }

    /// Hands the answers over byte by byte; what was said in the end.
    fn talk(
        endpoint: Endpoint,
        credentials: Option<Credentials>,
        answers: &[u8],
    ) -> Result<Socks5, ProxyError> {
        let mut socks = Socks5::new(endpoint, credentials)?;
        for byte in answers {
            assert!(!socks.is_done(), "it waits for no more");
            assert_eq!(socks.feed(&[*byte])?, 1);
        }
        Ok(socks)
    }

    const GRANTED: [u8; 10] = [5, 0, 0, 1, 10, 0, 0, 1, 0x07, 0x8F];

    #[test]
    fn a_name_is_left_to_the_proxy() {
        let socks = talk(name(), None, &[&[5, 0][..], &GRANTED].concat()).expect("granted");
        assert!(socks.is_done());
        let said = [&[5, 1, 0, 5, 1, 0, 3, 12][..], b"live.example", &[0x07, 0x8F]].concat();
        assert_eq!(socks.output(), said);
    }

    #[test]
    fn addresses_of_both_families() {
        for (host, kind, bytes) in [
            ("192.0.2.7", IPV4, vec![192, 0, 2, 7]),
            ("::1", IPV6, [[0; 15].as_slice(), &[1]].concat()),
        ] {
            let socks = talk(Endpoint::new(host, 443), None, &[5, 0]).expect("no sign-in");
            let said = [&[5, 1, 0, 5, 1, 0, kind][..], &bytes, &[1, 0xBB]].concat();
            assert_eq!(socks.output(), said, "{host}");
        }
    }

    #[test]
    fn signing_in_where_the_proxy_asks_for_it() {
        let answers = [&[5, 2, 1, 0][..], &GRANTED].concat();
        let socks = talk(name(), who(), &answers).expect("granted");
        let said = [&[5, 2, 0, 2, 1, 3][..], b"ann", &[6], b"secret", &[5, 1, 0, 3]].concat();
        assert!(socks.is_done() && socks.output().starts_with(&said));
        assert!(!format!("{socks:?}").contains("secret") && !format!("{socks:?}").contains("115"));
        let socks = talk(name(), who(), &[5, 0]).expect("it may do without");
        assert!(!socks.output().windows(6).any(|w| w == b"secret"));
    }

    #[test]
    fn what_follows_the_answer_is_left_alone() {
        let bound_name = [&[5, 0, 0, 3, 2][..], b"hi", &[0, 80]].concat();
        let bound_v6 = [&[5, 0, 0, 4][..], &[9; 16], &[0, 80]].concat();
        for granted in [&GRANTED[..], &bound_name, &bound_v6] {
            let mut socks = talk(name(), None, &[5, 0]).expect("no sign-in");
            let more = [granted, b"\x03RTMP"].concat();
            assert_eq!(socks.feed(&more), Ok(granted.len()));
            assert!(socks.is_done());
            assert_eq!(socks.feed(b"more"), Ok(0));
        }
    }

    #[test]
    fn refusals_are_told_apart_as_soon_as_they_can_be() {
        let fails = |who: Option<Credentials>, answers: &[u8]| {
            talk(name(), who, answers).expect_err("refused")
        };
        assert_eq!(fails(None, &[5, 0xFF]), ProxyError::WantsPassword);
        assert_eq!(fails(None, &[5, 2]), ProxyError::WantsPassword);
        assert!(matches!(fails(who(), &[5, 0xFF]), ProxyError::Refused(_)));
        assert!(matches!(fails(who(), &[5, 1]), ProxyError::Refused(_)));
        assert_eq!(fails(who(), &[5, 2, 1, 1]), ProxyError::WrongPassword);
        assert_eq!(fails(None, &[5, 0, 5, 2]), ProxyError::Forbidden);
        for code in [1, 3, 4, 5, 6, 9, 0xF0, 0xFF] {
            let error = fails(None, &[5, 0, 5, code]);
            assert!(matches!(error, ProxyError::ServerUnreachable(_)), "{code}: {error:?}");
        }
        for strange in [&b"H"[..], &[4], &[0], &[5, 0, 4], &[5, 0, 5, 0, 0, 9]] {
            assert_eq!(fails(None, strange), ProxyError::NotAProxy(Kind::Socks5));
        }
    }

    #[test]
    fn what_does_not_fit_is_said_before_it_is_sent() {
        let long = Endpoint::Name("x".repeat(256), 1);
        assert!(matches!(Socks5::new(long, None), Err(ProxyError::Refused(_))));
        for (user, password) in [("", "p"), ("u", &"p".repeat(256)), (&"u".repeat(256), "p")] {
            let who = Some(Credentials::new(user, password));
            assert!(matches!(Socks5::new(name(), who), Err(ProxyError::Refused(_))));
        }
    }
}
