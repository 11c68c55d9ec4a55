//! Opens the port.

use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener, UdpSocket},
};

use crate::{limits::PORT_TRIES, node::StartError};

/// A UDP socket and a TCP listener on the same port, neither of which blocks.
pub fn open(listen: SocketAddr) -> Result<(UdpSocket, TcpListener), StartError> {
    let mut last = None;
    for _ in 0..PORT_TRIES {
        match open_once(listen) {
            // With port 0 the system chose one for UDP that someone has for TCP: try another.
            Err(error @ StartError::PortInUse { protocol: "TCP", .. }) if listen.port() == 0 => {
                last = Some(error);
            }
            other => return other,
        }
    }
    Err(last.unwrap_or(StartError::PortInUse {
        address: listen,
        protocol: "TCP",
    }))
}

fn open_once(listen: SocketAddr) -> Result<(UdpSocket, TcpListener), StartError> {
    let refused = |protocol, address| {
        move |source: std::io::Error| match source.kind() {
            ErrorKind::AddrInUse => StartError::PortInUse { address, protocol },
            ErrorKind::AddrNotAvailable => StartError::NotOurAddress { address },
            ErrorKind::PermissionDenied => StartError::PortForbidden { address },
            _ => StartError::Socket { address, source },
        }
    };
    let udp = UdpSocket::bind(listen).map_err(refused("UDP", listen))?;
    let bound = udp.local_addr().map_err(refused("UDP", listen))?;
    let tcp = TcpListener::bind(bound).map_err(refused("TCP", bound))?;
    udp.set_nonblocking(true).map_err(refused("UDP", bound))?;
    tcp.set_nonblocking(true).map_err(refused("TCP", bound))?;
    Ok((udp, tcp))
}
