//! The thread that receives: looks up the shard of each datagram and hands it over.

use std::{
    cell::RefCell,
    io::{self, IoSliceMut},
    net::{IpAddr, SocketAddr},
    rc::Rc,
    sync::mpsc::Receiver,
};

use quinn_udp::{BATCH_SIZE, RecvMeta, UdpSockRef, UdpSocketState};
use sfu_core::{Protocol, Route, Transmit, Transport, stun};
use tokio::{
    io::Interest,
    net::{TcpListener, UdpSocket},
    sync::{mpsc, oneshot},
    task::LocalSet,
};

use crate::{
    addresses::{Addresses, canonical},
    limits::{MAX_RECEIVED, UDP_BUFFER},
    queue::Inlet,
    routes::{Routes, ShardIndex},
    tcp,
};

pub struct Ingress {
    pub addresses: Addresses,
    pub beside: Option<Addresses>,
    pub shards: Vec<Inlet>,
    pub news: Receiver<(ShardIndex, Route)>,
    pub handed: mpsc::Receiver<std::net::TcpStream>,
    pub stop: oneshot::Receiver<()>,
}

/// Hands datagrams over; one for UDP and all TCP connections, which live on one thread.
pub struct Dispatch {
    addresses: Addresses,
    /// Of the TCP listener beside.
    beside: Option<Addresses>,
    shards: Vec<Inlet>,
    routes: RefCell<Routes>,
}

/// How something came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Udp,
    Tcp,
    /// The TCP listener beside.
    Beside,
}

impl Dispatch {
    /// A way as ICE sees it. Nothing where no candidate fits the address, so that nobody was told to send there.
    pub fn transport(&self, door: Door, arrived: IpAddr, remote: SocketAddr) -> Option<Transport> {
        let (protocol, addresses) = match door {
            Door::Udp => (Protocol::Udp, Some(&self.addresses)),
            Door::Tcp => (Protocol::Tcp, Some(&self.addresses)),
            Door::Beside => (Protocol::Tcp, self.beside.as_ref()),
        };
        Some(Transport {
            protocol,
            local: addresses?.candidate_at(arrived)?,
            remote: canonical(remote),
        })
    }

    /// The shard that a datagram is for.
    pub fn shard(&self, transport: Transport, datagram: &[u8]) -> Option<&Inlet> {
        let index = self.routes.borrow_mut().find(transport, datagram)?;
        self.shards.get(index)
    }
}

impl Ingress {
    /// Runs until it is told to stop.
    pub fn run(self, udp: std::net::UdpSocket, tcp: std::net::TcpListener) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let Self {
            addresses,
            beside,
            shards,
            news,
            handed,
            stop,
        } = self;
        let dispatch = Rc::new(Dispatch {
            addresses,
            beside,
            shards,
            routes: RefCell::new(Routes::new(news)),
        });
        LocalSet::new().block_on(&runtime, async {
            let udp = UdpSocket::from_std(udp)?;
            let tcp = TcpListener::from_std(tcp)?;
            tokio::select! {
                // Also when the node was dropped without a word.
                _ = stop => Ok(()),
                result = receive(&udp, &dispatch) => result,
                () = tcp::accept(&tcp, handed, &dispatch) => Ok(()),
            }
        })
    }
}

async fn receive(udp: &UdpSocket, dispatch: &Dispatch) -> io::Result<()> {
    let state = UdpSocketState::new(UdpSockRef::from(udp))?;
    // The kernel may refuse a size; its own then stays.
    let _ = state.set_recv_buffer_size(UdpSockRef::from(udp), UDP_BUFFER);
    let _ = state.set_send_buffer_size(UdpSockRef::from(udp), UDP_BUFFER);
    let bound = udp.local_addr()?.ip();
    let mut buffers = vec![vec![0; MAX_RECEIVED]; BATCH_SIZE];
    let mut metas = vec![RecvMeta::default(); BATCH_SIZE];
    loop {
        udp.readable().await?;
        let received = udp.try_io(Interest::READABLE, || {
            let mut slices: Vec<_> = buffers.iter_mut().map(|buffer| IoSliceMut::new(buffer)).collect();
            state.recv(UdpSockRef::from(udp), &mut slices, &mut metas)
        });
        let Ok(received) = received else {
            // Not ready after all, or a peer's "port unreachable", which UDP sockets report here.
            continue;
        };
        for (meta, buffer) in metas.iter().zip(&buffers).take(received) {
            let glued = buffer.get(..meta.len).unwrap_or_default();
            for datagram in glued.chunks(meta.stride.max(1)) {
                if let Some(answer) = hand_over(dispatch, bound, meta, datagram) {
                    send(udp, &state, &dispatch.addresses, &answer);
                }
            }
        }
    }
}

/// Gives what is to be answered by this thread itself.
fn hand_over(dispatch: &Dispatch, bound: IpAddr, meta: &RecvMeta, datagram: &[u8]) -> Option<Transmit> {
    let arrived = meta.dst_ip.unwrap_or(bound);
    let transport = dispatch.transport(Door::Udp, arrived, meta.addr)?;
    if let Some(shard) = dispatch.shard(transport, datagram) {
        shard.datagram(transport, datagram);
        return None;
    }
    let payload = stun::answer_to_anybody(datagram, transport.remote)?;
    Some(Transmit { transport, payload })
}

/// Sends, or drops where the way is full: who asks asks again.
fn send(udp: &UdpSocket, state: &UdpSocketState, addresses: &Addresses, answer: &Transmit) {
    let Transport { local, remote, .. } = answer.transport;
    let datagram = quinn_udp::Transmit {
        destination: addresses.destination(remote),
        ecn: None,
        contents: &answer.payload,
        segment_size: None,
        src_ip: addresses.source_of(local),
    };
    let _ = udp.try_io(Interest::WRITABLE, || {
        state.try_send(UdpSockRef::from(udp), &datagram)
    });
}
