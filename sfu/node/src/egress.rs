//! Where a shard's datagrams leave.

use std::{collections::HashMap, io::ErrorKind, net::UdpSocket};

use quinn_udp::{UdpSockRef, UdpSocketState};
use sfu_core::{Protocol, Transmit, Transport};
use tokio::sync::mpsc::Sender;

use crate::addresses::Addresses;

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
    pub fn send(&self, transmit: Transmit) {
        match transmit.transport.protocol {
            Protocol::Udp => self.send_udp(&transmit),
            Protocol::Tcp => {
                if let Some(frames) = self.tcp.get(&transmit.transport) {
                    let _ = frames.try_send(transmit.payload);
                }
            }
        }
    }

    fn send_udp(&self, transmit: &Transmit) {
        let Transport { local, remote, .. } = transmit.transport;
        let datagram = quinn_udp::Transmit {
            destination: self.addresses.destination(remote),
            ecn: None,
            contents: &transmit.payload,
            segment_size: None,
            src_ip: self.addresses.source_of(local),
        };
        match self.state.try_send(UdpSockRef::from(&self.socket), &datagram) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => {
                tracing::debug!(%error, "a datagram could not be sent");
            }
            _ => {}
        }
    }
}
