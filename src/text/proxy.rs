//! What happened at a proxy, each in one sentence that names the proxy, not the server;
//! and what is wrong with a proxy's address.

/// The proxy's name has no address.
pub fn name_not_found(proxy: &str) -> String {
    format!("The proxy {proxy} can't be found")
}

/// No answer about the proxy's name.
pub fn name_unanswered(proxy: &str) -> String {
    format!("Looking up the address of the proxy {proxy} took too long")
}

/// Nothing listens at the proxy's address.
pub fn not_listening(proxy: &str) -> String {
    format!("The proxy at {proxy} is not running: nothing is listening there")
}

/// No way to the proxy.
pub fn unreachable(proxy: &str) -> String {
    format!("There is no way to the proxy at {proxy} from here")
}

/// Silence.
pub fn timed_out(proxy: &str, server: &str) -> String {
    format!("The proxy at {proxy} did not connect to {server} in time")
}

/// Closed without an answer.
pub fn closed(proxy: &str) -> String {
    format!("The proxy at {proxy} closed the connection without an answer")
}

/// The connection to the proxy broke; how, in the system's words.
pub fn broken(proxy: &str, detail: &str) -> String {
    format!("The connection to the proxy at {proxy} was lost: {detail}")
}

/// What answers speaks something else than [`SOCKS5`] or [`HTTP`].
pub fn not_a_proxy(proxy: &str, kind: &str) -> String {
    format!("What answers at {proxy} is not {kind}")
}

/// Of [`not_a_proxy`].
pub const SOCKS5: &str = "a SOCKS5 proxy";
/// Of [`not_a_proxy`].
pub const HTTP: &str = "an HTTP proxy";

/// A user and password are needed.
pub fn wants_password(proxy: &str) -> String {
    format!("The proxy at {proxy} asks for a user name and password")
}

/// User or password are wrong.
pub fn wrong_password(proxy: &str) -> String {
    format!("The proxy at {proxy} does not accept the user name and password")
}

/// Against the proxy's rules.
pub fn forbidden(proxy: &str, server: &str) -> String {
    format!("The proxy at {proxy} does not allow connections to {server}")
}

/// The proxy can't connect; why, in the proxy's words or those of [`socks`].
pub fn server_unreachable(proxy: &str, server: &str, detail: &str) -> String {
    format!("The proxy at {proxy} can't reach {server}: {detail}")
}

/// Another refusal, in the proxy's words or those of [`socks`] and [`http`].
pub fn refused(proxy: &str, detail: &str) -> String {
    format!("The proxy at {proxy} refused the connection: {detail}")
}

/// Answers of SOCKS5.
pub mod socks {
    /// Reply 1.
    pub const GENERAL: &str = "no reason was given";
    /// Reply 3.
    pub const NETWORK_UNREACHABLE: &str = "its network can't be reached";
    /// Reply 4.
    pub const HOST_UNREACHABLE: &str = "the server can't be found or reached from there";
    /// Reply 5.
    pub const NOT_LISTENING: &str = "nothing is listening there";
    /// Reply 6.
    pub const TIMED_OUT: &str = "the server did not answer in time";
    /// Reply 7.
    pub const NO_CONNECT: &str = "it makes no connections";
    /// Reply 8.
    pub const NO_ADDRESS_KIND: &str = "it does not take this kind of address";
    /// None of the kinds of authentication that are known here.
    pub const NO_METHOD: &str = "it wants a kind of authentication that is not supported";
    /// More than the protocol can carry.
    pub const NAME_TOO_LONG: &str = "the server's name is too long for SOCKS5";
    /// More than the protocol can carry, or nothing.
    pub const PASSWORD_TOO_LONG: &str =
        "for SOCKS5 the user name must have 1 to 255 bytes, the password 255 at most";

    /// A reply that is not in the standard.
    pub fn code(code: u8) -> String {
        format!("error {code}")
    }
}

/// Answers of HTTP proxies.
pub mod http {
    /// Another authentication than a user and password in the clear.
    pub const NO_BASIC: &str = "it wants another kind of authentication than Basic";
}

/// The address is of something else.
pub fn scheme(scheme: &str) -> String {
    format!(
        "a proxy's address begins with socks5://, socks5h:// or http://, and “{scheme}://” is none \
         of these"
    )
}

/// No host, or a strange one.
pub const HOST: &str = "the proxy's address has no host that can be used";

/// No port, or a strange one.
pub const PORT: &str = "the proxy's port must be a number from 1 to 65535";

/// An address of the environment's.
pub fn variable(name: &str, error: &impl std::fmt::Display) -> String {
    format!("{error} (it comes from the environment's {name})")
}

/// What to do about each.
pub mod remedy {
    /// The proxy can't be reached.
    pub const PROXY: &str = "Check the proxy's address and port, and that it is running";
    /// What answers is none.
    pub const KIND: &str =
        "Check the proxy's kind and port: SOCKS5 is mostly at port 1080, HTTP at 3128 or 8080";
    /// User and password.
    pub const PASSWORD: &str = "Write the proxy as KIND://USER:PASSWORD@HOST:PORT";
    /// The proxy's rules.
    pub const RULES: &str = "Ask whoever runs the proxy to allow this server and port";
    /// The server, from there.
    pub const SERVER: &str = "Check the server's address, or try another proxy or none";
    /// An address that can't be used.
    pub const ADDRESS: &str =
        "Write it as socks5h://HOST:1080 or http://HOST:8080; “none” goes without a proxy";
}
