//! What the system is told about a socket, and what it knows about the way.

use std::time::Duration;

use mio::net::TcpStream;
use socket2::SockRef;

/// The system's own figures of a TCP connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpFigures {
    /// Smoothed round-trip time.
    pub rtt: Duration,
    /// Lowest round-trip time of the last minutes.
    pub min_rtt: Duration,
    /// Bytes that the peer's system has acknowledged since the connection's start.
    pub acked: u64,
    /// Bytes given to the system and not yet acknowledged, sent or not.
    pub unacked: u64,
    /// Of these, bytes that have not been sent yet.
    pub unsent: u64,
    /// Segments sent again since the connection's start.
    pub retransmits: u64,
    /// Time since the connection's start in which only the peer's full receive
    /// buffer kept bytes from being sent.
    pub window_limited: Duration,
}

/// Unsent bytes that the system may keep. More would hide from the send queue
/// how far behind the link is.
#[cfg(target_os = "linux")]
const UNSENT_LOW_WATER: u32 = 16 << 10;

/// Sets a connection up for live media: no waiting for more to send, and little
/// waiting inside the system.
pub(super) fn prepare(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    SockRef::from(stream).set_tcp_notsent_lowat(UNSENT_LOW_WATER)?;
    Ok(())
}

/// Makes the coming close a reset.
pub(super) fn reset_on_close(stream: &TcpStream) -> std::io::Result<()> {
    SockRef::from(stream).set_linger(Some(Duration::ZERO))
}

/// The system's figures; `None` where it has none.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(super) fn figures(stream: &TcpStream, sent: u64) -> Option<TcpFigures> {
    let info = linux::tcp_info(stream)?;
    let micros = |value: u32| Duration::from_micros(value.into());
    // The connection's opening counts as one byte.
    let acked = info.tcpi_bytes_acked.saturating_sub(1);
    Some(TcpFigures {
        rtt: micros(info.tcpi_rtt),
        min_rtt: micros(info.tcpi_min_rtt),
        acked,
        unacked: sent.saturating_sub(acked),
        unsent: info.tcpi_notsent_bytes.into(),
        retransmits: info.tcpi_total_retrans.into(),
        window_limited: Duration::from_micros(info.tcpi_rwnd_limited),
    })
}

/// The system's figures; `None` where it has none.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn figures(_stream: &TcpStream, _sent: u64) -> Option<TcpFigures> {
    None
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod linux {
    use std::mem::MaybeUninit;
    use std::os::fd::AsRawFd;

    use mio::net::TcpStream;

    /// TCP_INFO of a connection (tcp(7)).
    pub(super) fn tcp_info(stream: &TcpStream) -> Option<libc::tcp_info> {
        let mut info = MaybeUninit::<libc::tcp_info>::zeroed();
        let mut len = size_of::<libc::tcp_info>() as libc::socklen_t;
        // SAFETY: the descriptor is open as long as `stream` is borrowed; the
        // kernel writes at most `len` bytes into `info`, which is that large.
        let result = unsafe {
            libc::getsockopt(
                stream.as_raw_fd(),
                libc::IPPROTO_TCP,
                libc::TCP_INFO,
                info.as_mut_ptr().cast(),
                &raw mut len,
            )
        };
        // SAFETY: the struct is plain integers and was zeroed, so what an older
        // kernel leaves out is 0.
        (result == 0).then(|| unsafe { info.assume_init() })
    }
}
