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
    /// buffer kept bytes from being sent, where the kernel counts it.
    pub window_limited: Option<Duration>,
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
    let (info, len) = linux::tcp_info(stream)?;
    linux::figures_of(&info, len, sent)
}

/// The system's figures; `None` where it has none.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn figures(_stream: &TcpStream, _sent: u64) -> Option<TcpFigures> {
    None
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod linux {
    use std::mem::{MaybeUninit, offset_of};
    use std::os::fd::AsRawFd;
    use std::time::Duration;

    use libc::tcp_info as Info;
    use mio::net::TcpStream;

    use super::TcpFigures;

    /// The figures in the first `len` bytes of `info`: an older kernel fills in fewer.
    /// Without acknowledged bytes (before Linux 4.1) there are none to go by.
    pub(super) fn figures_of(info: &Info, len: usize, sent: u64) -> Option<TcpFigures> {
        let micros = |value: u32| Duration::from_micros(value.into());
        let acked = has(len, offset_of!(Info, tcpi_bytes_acked), info.tcpi_bytes_acked)?;
        // The connection's opening counts as one byte.
        let acked = acked.saturating_sub(1);
        let unacked = sent.saturating_sub(acked);
        let unsent = has(len, offset_of!(Info, tcpi_notsent_bytes), info.tcpi_notsent_bytes);
        let limited = has(len, offset_of!(Info, tcpi_rwnd_limited), info.tcpi_rwnd_limited);
        let min_rtt = has(len, offset_of!(Info, tcpi_min_rtt), info.tcpi_min_rtt);
        Some(TcpFigures {
            rtt: micros(info.tcpi_rtt),
            min_rtt: micros(min_rtt.unwrap_or(info.tcpi_rtt)),
            acked,
            unacked,
            unsent: unsent.unwrap_or(0).into(),
            retransmits: info.tcpi_total_retrans.into(),
            window_limited: limited.map(Duration::from_micros),
        })
    }

    /// A field, if the first `len` bytes hold all of it.
    fn has<T>(len: usize, offset: usize, field: T) -> Option<T> {
        (offset + size_of::<T>() <= len).then_some(field)
    }

    /// TCP_INFO of a connection (tcp(7)), and how many bytes of it the kernel filled in.
    pub(super) fn tcp_info(stream: &TcpStream) -> Option<(Info, usize)> {
        let mut info = MaybeUninit::<Info>::zeroed();
        let mut len = size_of::<Info>() as libc::socklen_t;
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
        (result == 0).then(|| (unsafe { info.assume_init() }, len as usize))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        /// Figures of a kernel that fills in the fields before `end`.
        fn up_to(end: usize) -> Option<TcpFigures> {
            // SAFETY: the struct is plain integers.
            let mut info: Info = unsafe { MaybeUninit::zeroed().assume_init() };
            (info.tcpi_rtt, info.tcpi_min_rtt) = (50_000, 40_000);
            (info.tcpi_bytes_acked, info.tcpi_notsent_bytes) = (1_001, 7);
            info.tcpi_rwnd_limited = 3_000;
            figures_of(&info, end, 1_500)
        }

        #[test]
        fn what_an_older_kernel_leaves_out_is_not_taken_for_zero() {
            assert_eq!(up_to(offset_of!(Info, tcpi_bytes_acked)), None);
            assert_eq!(up_to(offset_of!(Info, tcpi_bytes_acked) + 4), None, "half a field");
            let old = up_to(offset_of!(Info, tcpi_notsent_bytes)).expect("acknowledged bytes");
            assert_eq!((old.acked, old.unacked, old.window_limited), (1_000, 500, None));
            assert_eq!((old.rtt.as_millis(), old.min_rtt.as_millis()), (50, 50));
            let whole = up_to(size_of::<Info>()).expect("all of it");
            assert_eq!((whole.unsent, whole.min_rtt.as_millis()), (7, 40));
            assert_eq!(whole.window_limited, Some(Duration::from_millis(3)));
        }
    }
}
