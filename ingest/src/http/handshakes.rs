//! The last connections of a listener. Closing it resets those that are in its queue or on their way there, and a client whose
//! connection is reset loses its request: so no new one is begun first.

use tokio::net::TcpListener;

/// Drops each first packet of a connection from now on: whoever sent it tries again a second later, and is refused by then, or is taken
/// by who listens there next. Connections whose first packet was answered still come to be.
#[cfg(target_os = "linux")]
pub(super) fn begin_no_more(listener: &TcpListener) {
    use socket2::{SockFilter, SockRef};

    const LOAD_BYTE: u16 = 0x30;
    const AND: u16 = 0x54;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    /// Where the flags are in TCP's header (RFC 9293, section 3.1).
    const FLAGS: u32 = 13;
    const SYN: u32 = 0x02;
    const ACK: u32 = 0x10;
    let drop_first_packets = [
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS),
        SockFilter::new(AND, 0, 0, SYN | ACK),
        SockFilter::new(JUMP_IF_EQUAL, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ];
    if let Err(error) = SockRef::from(listener).attach_filter(&drop_first_packets) {
        tracing::debug!(%error, "connections are begun until the listener is closed");
    }
}

/// Elsewhere they are begun until the listener is closed.
#[cfg(not(target_os = "linux"))]
pub(super) fn begin_no_more(_: &TcpListener) {}
