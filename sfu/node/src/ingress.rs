//! The thread that receives: looks up the shard of each datagram and hands it over.

use std::{
    cell::RefCell,
    io::{self, IoSliceMut},
    net::{IpAddr, SocketAddr},
    rc::Rc,
    sync::mpsc::Receiver,
    time::Instant,
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
    limits::{BUSY_DATAGRAMS, BUSY_PAUSE, BUSY_SPAN, MAX_RECEIVED, UDP_BUFFER},
    queue::{Batch, Inlet},
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

    fn hand_over(&self, batches: &mut [Batch]) {
        for (shard, batch) in self.shards.iter().zip(batches) {
            if batch.len() > 0 {
                shard.datagrams(std::mem::take(batch));
            }
        }
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
    let mut load = Load {
        since: Instant::now(),
        datagrams: 0,
        busy: false,
    };
    let mut batches: Vec<Batch> = dispatch.shards.iter().map(|_| Batch::default()).collect();
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
                if let Some(answer) = sort(dispatch, bound, meta, datagram, &mut batches) {
                    send(udp, &state, &dispatch.addresses, &answer);
                }
            }
        }
        let count = batches.iter().map(Batch::len).sum();
        dispatch.hand_over(&mut batches);
        // Where all buffers were filled, more waits already.
        if load.is_busy(Instant::now(), count) && received < BATCH_SIZE {
            // Shorter than the runtime's clock can; TCP waits as well.
            std::thread::sleep(BUSY_PAUSE);
        }
        // A socket that never runs empty would keep TCP, and the word to stop, from their turn.
        tokio::task::yield_now().await;
    }
}

/// Whether so much comes that it is better received in larger pieces.
struct Load {
    since: Instant,
    datagrams: usize,
    busy: bool,
}

impl Load {
    fn is_busy(&mut self, now: Instant, datagrams: usize) -> bool {
        self.datagrams += datagrams;
        if now.saturating_duration_since(self.since) >= BUSY_SPAN {
            self.busy = self.datagrams >= BUSY_DATAGRAMS;
            (self.since, self.datagrams) = (now, 0);
        }
        self.busy
    }
}

/// Puts a datagram to those for its shard. Gives what is to be answered by this thread itself.
fn sort(
    dispatch: &Dispatch,
    bound: IpAddr,
    meta: &RecvMeta,
    datagram: &[u8],
    batches: &mut [Batch],
) -> Option<Transmit> {
    let arrived = meta.dst_ip.unwrap_or(bound);
    let transport = dispatch.transport(Door::Udp, arrived, meta.addr)?;
    let index = dispatch.routes.borrow_mut().find(transport, datagram);
    if let Some(index) = index {
        batches.get_mut(index)?.push(transport, datagram);
        return None;
    }
    let payload = stun::answer_to_anybody(datagram, transport.remote)?;
    Some(Transmit {
        transport,
        segment: payload.len(),
        payload,
    })
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
