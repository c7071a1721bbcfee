//! An answer that a client of another protocol can show to a person.

use crate::protocol::rtmp::handshake::HandshakeError;

/// An alert record (RFC 8446 §5.1, §6): fatal, handshake failure.
const TLS_ALERT: &[u8] = &[21, 3, 3, 0, 2, 2, 40];

const HTTP_TEXT: &str = "This is an RTMP server. Open the address in a player, as rtmp://…\n";

/// What to send before closing; nothing where no one would read it.
pub(super) fn answer(error: HandshakeError, out: &mut Vec<u8>) {
    match error {
        HandshakeError::LooksLikeTls { .. } => out.extend_from_slice(TLS_ALERT),
        HandshakeError::LooksLikeHttp { .. } => {
            let length = HTTP_TEXT.len();
            let head = "HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n";
            let answer = format!("{head}Content-Length: {length}\r\n\r\n{HTTP_TEXT}");
            out.extend_from_slice(answer.as_bytes());
        }
        HandshakeError::Encrypted { .. } | HandshakeError::UnsupportedVersion { .. } => {}
    }
}
