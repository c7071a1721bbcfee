//! The Real-Time Messaging Protocol (RTMP 1.0), without a socket.
//!
//! From the bottom up: [`handshake`] opens a connection, [`chunk`] cuts messages
//! into chunks and puts them together again, [`message`] gives the protocol's own
//! messages a type. On top of them stand [`client`], which publishes a stream, and
//! [`server`], which takes streams in and plays them out; [`url`] and
//! [`key`] are where a stream goes, [`status`] is what servers say of it, [`auth`]
//! how a user proves to be one, and [`error`] what ends a session and what to do
//! then.
//!
//! # Driving a session
//!
//! A session is given bytes and times and gives bytes, events and its next
//! deadline. It owns no socket and no clock. Its owner does this:
//!
//! 1. Open the connection, with TLS where the address wants it; make the session
//!    with random bytes and the time.
//! 2. Write [`output`](client::ClientSession::output) to the socket and
//!    [`consume`](client::ClientSession::consume) as much as it took.
//! 3. Take events with [`poll_event`](client::ClientSession::poll_event) until
//!    there are none.
//! 4. Wait until the socket can be read, or written while there is output, until
//!    [`deadline`](client::ClientSession::deadline), or until there is something
//!    to send.
//! 5. Hand over what happened: bytes with [`read`](client::ClientSession::read), the
//!    end of the stream of bytes with
//!    [`peer_closed`](client::ClientSession::peer_closed), the time with
//!    [`on_deadline`](client::ClientSession::on_deadline). Go on at 2.
//! 6. After [`Event::Live`](client::Event::Live), send metadata, both
//!    configurations, then packets, each time only when the output is short: what
//!    is in the output can't be dropped any more.
//! 7. To end the stream, [`close`](client::ClientSession::close) and go on at 2;
//!    shut the socket's sending side down once
//!    [`is_drained`](client::ClientSession::is_drained), until
//!    [`Event::Closed`](client::Event::Closed).
//!
//! An error from any call ends the session. Events that were there before it can
//! still be taken: they tell what led to it. After
//! [`RedirectTo`](client::Event::RedirectTo),
//! [`AuthRequired`](client::Event::AuthRequired) and `Closed` the session is over,
//! too, and asks for nothing.

pub mod auth;
pub mod chunk;
pub mod client;
pub mod command;
pub mod error;
pub mod handshake;
pub mod key;
pub mod message;
mod output;
pub mod server;
pub mod status;
mod text;
pub mod timer;
pub mod url;

pub use error::{Error, ErrorKind, Retry, State};
