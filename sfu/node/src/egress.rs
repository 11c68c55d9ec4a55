//! Where a shard's datagrams leave.

use std::{collections::HashMap, io::ErrorKind, net::UdpSocket};

use quinn_udp::{UdpSockRef, UdpSocketState};
use sfu_core::{Protocol, Transmit, Transport};
use tokio::sync::mpsc::Sender;

use crate::{addresses::Addresses, limits::MOST_GLUED};

/// Of one shard.
pub struct Egress {
    addresses: Addresses,
    socket: UdpSocket,
    state: UdpSocketState,
    tcp: HashMap<Transport, Sender<Vec<u8>>>,
}

impl Egress {
    pub fn new(addresses: Addresses, socket: UdpSocket) -> std::io::Result<Self> {
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        Ok(Self {
            addresses,
            socket,
            state,
            tcp: HashMap::new(),
        })
    }

    pub fn opened(&mut self, transport: Transport, frames: Sender<Vec<u8>>) {
        self.tcp.insert(transport, frames);
    }

    pub fn closed(&mut self, transport: Transport) {
        self.tcp.remove(&transport);
    }

    /// Sends, or drops where the way is full: for media late is lost.
    pub fn send(&self, transmit: &Transmit) {
        match transmit.transport.protocol {
            Protocol::Udp => self.send_udp(transmit),
            Protocol::Tcp => {
                if let Some(frames) = self.tcp.get(&transmit.transport) {
                    for datagram in transmit.datagrams() {
                        let _ = frames.try_send(datagram.to_vec());
                    }
                }
            }
        }
    }

    fn send_udp(&self, transmit: &Transmit) {
        let Transport { local, remote, .. } = transmit.transport;
        let destination = self.addresses.destination(remote);
        let src_ip = self.addresses.source_of(local);
        // As many as this system takes in one call. What a narrow interface does not carry whole goes alone: in one call with
        // others it fails as if the system could not take several, and would never be tried again.
        let several = if transmit.segment <= MOST_GLUED {
            self.state.max_gso_segments().max(1)
        } else {
            1
        };
        let most = transmit.segment.max(1) * several;
        for contents in transmit.payload.chunks(most) {
            let datagrams = quinn_udp::Transmit {
                destination,
                ecn: None,
                contents,
                segment_size: (contents.len() > transmit.segment).then_some(transmit.segment),
                src_ip,
            };
            match self.state.try_send(UdpSockRef::from(&self.socket), &datagrams) {
                Err(error) if error.kind() != ErrorKind::WouldBlock => {
                    tracing::debug!(%error, "datagrams could not be sent");
                }
                _ => {}
            }
        }
    }
}
