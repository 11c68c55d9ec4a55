//! What goes into a [`Shard`](crate::Shard) and what comes out.

use std::net::SocketAddr;

use protocol::sfu::{FromSfu, ToSfu};
use str0m::net;

/// How a datagram travelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// A UDP datagram.
    Udp,
    /// A frame of an ICE-TCP connection (RFC 6544, RFC 4571).
    Tcp,
}

impl From<Protocol> for net::Protocol {
    fn from(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Udp => Self::Udp,
            Protocol::Tcp => Self::Tcp,
        }
    }
}

impl From<net::Protocol> for Protocol {
    fn from(protocol: net::Protocol) -> Self {
        match protocol {
            net::Protocol::Udp => Self::Udp,
            _ => Self::Tcp,
        }
    }
}

/// Both ends of a way to a peer. `local` is one of the shard's candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Transport {
    /// How.
    pub protocol: Protocol,
    /// Our end, as the candidate says.
    pub local: SocketAddr,
    /// The peer's end.
    pub remote: SocketAddr,
}

/// What a shard takes.
#[derive(Debug)]
pub enum Input<'a> {
    /// Time passed.
    Timeout,
    /// A datagram arrived.
    Datagram {
        /// On which way.
        transport: Transport,
        /// Its bytes.
        payload: &'a [u8],
    },
    /// Signaling asks.
    Control(ToSfu),
}

/// Datagrams to send, one right after the other.
#[derive(Debug)]
pub struct Transmit {
    /// On which way.
    pub transport: Transport,
    /// Their bytes.
    pub payload: Vec<u8>,
    /// Bytes of each datagram; the last one may have less.
    pub segment: usize,
}

impl Transmit {
    /// The datagrams, one by one.
    pub fn datagrams(&self) -> impl Iterator<Item = &[u8]> {
        self.payload.chunks(self.segment.max(1))
    }
}

/// What a shard gives.
#[derive(Debug)]
pub enum Output {
    /// Send these.
    Transmit(Transmit),
    /// Tell signaling.
    Control(FromSfu),
    /// Send datagrams of this kind here, or no more.
    Route(Route),
}

/// How to find the shard of a datagram. A route stands before the output that lets the peer use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// STUN requests whose USERNAME begins with this fragment are for this shard.
    AddUfrag(String),
    /// They are no more.
    RemoveUfrag(String),
    /// Datagrams on this way are for this shard: an authentic STUN request came on it.
    AddTransport(Transport),
    /// They are no more.
    RemoveTransport(Transport),
}
