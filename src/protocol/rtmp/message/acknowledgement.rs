//! Counting bytes for acknowledgements, both ways (RTMP 1.0 §5.4.3, §5.4.4).

/// The receiving side: says when to acknowledge.
///
/// The standard wants one each full window. Half a window is what servers and
/// players do, and a peer that stops at its window then never waits for us.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReceiveWindow {
    /// What the peer announced, in bytes; zero until then, and for "never".
    window_size: u32,
    /// Bytes received.
    received: u64,
    /// Bytes received when the last acknowledgement was due.
    acknowledged: u64,
}

impl ReceiveWindow {
    /// Nothing received and no window announced: nothing to acknowledge.
    pub fn new() -> Self {
        Self::default()
    }

    /// The peer's Window Acknowledgement Size. Zero means that it wants none.
    pub fn set_window_size(&mut self, window_size: u32) {
        self.window_size = window_size;
    }

    /// Counts bytes as they come from the socket. Gives the sequence number to
    /// acknowledge when it is time: at most one however many bytes came.
    pub fn on_received(&mut self, bytes: usize) -> Option<u32> {
        self.received += bytes as u64;
        let due = u64::from(self.window_size).div_ceil(2);
        if due == 0 || self.received - self.acknowledged < due {
            return None;
        }
        self.acknowledged = self.received;
        Some(self.received as u32)
    }

    /// Bytes received so far.
    pub fn received(&self) -> u64 {
        self.received
    }
}

/// The sending side: says how much of what was sent has arrived.
///
/// Servers count from different places, with the handshake or without, and some
/// start again from zero before the count wraps. So only differences count, a
/// number that falls is a wrap or a restart, and no number is an error.
#[derive(Clone, Copy, Debug, Default)]
pub struct SendWindow {
    /// Bytes sent.
    sent: u64,
    /// Bytes known to have arrived; never more than were sent.
    acknowledged: u64,
    /// The last sequence number.
    last: u32,
}

impl SendWindow {
    /// Nothing sent yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts bytes as they are handed to the socket.
    pub fn on_sent(&mut self, bytes: usize) {
        self.sent += bytes as u64;
    }

    /// Takes the sequence number of an acknowledgement and gives the bytes that it
    /// newly acknowledges.
    pub fn on_acknowledgement(&mut self, sequence_number: u32) -> u64 {
        let outstanding = self.outstanding();
        let mut newly = u64::from(sequence_number.wrapping_sub(self.last));
        if sequence_number < self.last && newly > outstanding {
            // More than was ever sent, so it is not a wrap but a new count.
            newly = u64::from(sequence_number);
        }
        self.last = sequence_number;
        let newly = newly.min(outstanding);
        self.acknowledged += newly;
        newly
    }

    /// Bytes sent and not acknowledged yet.
    pub fn outstanding(&self) -> u64 {
        self.sent - self.acknowledged
    }

    /// Bytes acknowledged so far.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acknowledgement_is_due_at_half_the_window() {
        let mut window = ReceiveWindow::new();
        window.set_window_size(1000);
        assert_eq!(window.on_received(499), None);
        assert_eq!(window.on_received(1), Some(500));
        assert_eq!(window.on_received(0), None);
        assert_eq!(window.on_received(5000), Some(5500), "one, however many bytes came");
        assert_eq!(window.on_received(499), None);
    }

    #[test]
    fn without_a_window_nothing_is_due() {
        let mut window = ReceiveWindow::new();
        assert_eq!(window.on_received(1 << 40), None);
        window.set_window_size(100);
        assert!(window.on_received(0).is_some(), "what came before is owed");
        window.set_window_size(0);
        assert_eq!(window.on_received(1 << 40), None);
    }

    #[test]
    fn the_smallest_window_is_due_at_each_byte_and_not_at_none() {
        let mut window = ReceiveWindow::new();
        window.set_window_size(1);
        assert_eq!(window.on_received(1), Some(1));
        assert_eq!(window.on_received(0), None);
        assert_eq!(window.on_received(1), Some(2));
    }

    #[test]
    fn the_sequence_number_wraps_at_32_bits() {
        let mut window = ReceiveWindow::new();
        window.set_window_size(100);
        window.on_received((1 << 32) - 10);
        assert_eq!(window.on_received(60), Some(50));
    }

    #[test]
    fn acknowledgements_count_by_difference() {
        let mut window = SendWindow::new();
        window.on_sent(10_000);
        assert_eq!(window.on_acknowledgement(4000), 4000);
        assert_eq!(window.on_acknowledgement(4000), 0);
        assert_eq!(window.on_acknowledgement(7000), 3000);
        assert_eq!((window.outstanding(), window.acknowledged()), (3000, 7000));
    }

    #[test]
    fn a_peer_that_is_ahead_of_us_acknowledges_what_was_sent() {
        let mut window = SendWindow::new();
        window.on_sent(1000);
        assert_eq!(window.on_acknowledgement(4073), 1000, "it counts the handshake");
        window.on_sent(1000);
        assert_eq!(window.on_acknowledgement(5073), 1000);
        assert_eq!(window.on_acknowledgement(u32::MAX), 0);
    }

    #[test]
    fn a_count_that_wraps_goes_on() {
        let mut window = SendWindow::new();
        window.on_sent(0xFFFF_FF00);
        window.on_acknowledgement(0xFFFF_FF00);
        window.on_sent(0x200);
        assert_eq!(window.on_acknowledgement(0x100), 0x200);
    }

    #[test]
    fn a_count_that_starts_again_goes_on() {
        let mut window = SendWindow::new();
        window.on_sent(0xF000_0100);
        window.on_acknowledgement(0xF000_0100);
        window.on_sent(6000);
        assert_eq!(window.on_acknowledgement(5000), 5000, "a new count from zero");
        assert_eq!(window.on_acknowledgement(6000), 1000);
    }
}
