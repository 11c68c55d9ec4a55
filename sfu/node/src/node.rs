//! A node as the program around it sees it.

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpStream},
    sync::{Mutex, PoisonError, mpsc},
    thread::{self, JoinHandle},
};

use protocol::{
    CallId,
    sfu::{SfuEvents, SfuGone, SfuLink, ToSfu},
};
use sfu_core::{Shard, ShardConfig};
use tokio::sync::oneshot;

use crate::{
    addresses::Addresses,
    egress::Egress,
    ingress::Ingress,
    limits::{MAX_HANDED_CONNECTIONS, MAX_SHARDS},
    queue::{Inlet, Work, queue},
    shard_thread::ShardThread,
    sockets,
};

/// How a node is set up.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Where media comes in, over UDP and TCP. Port 0 takes any that is free for both.
    pub media_listen: SocketAddr,
    /// Under which addresses clients reach that port; empty for what is bound, or all interfaces where that
    /// is unspecified.
    pub advertise: Vec<IpAddr>,
    /// Another TCP listener whose ICE-TCP connections come by [`NodeHandle::take_tcp`]: its address, with the port that
    /// clients see.
    pub tcp_beside: Option<SocketAddr>,
    /// Threads that forward; at least one is started.
    pub shards: usize,
}

/// Why a node cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Someone has the port.
    #[error("the {protocol} port of {address} is in use")]
    PortInUse {
        /// The address.
        address: SocketAddr,
        /// `UDP` or `TCP`.
        protocol: &'static str,
    },
    /// The address belongs to another machine.
    #[error("{address} is not an address of this machine")]
    NotOurAddress {
        /// The address.
        address: SocketAddr,
    },
    /// The port is reserved.
    #[error("the system does not allow the port of {address}")]
    PortForbidden {
        /// The address.
        address: SocketAddr,
    },
    /// There is no address to tell clients.
    #[error("there is no address under which clients could reach {address}")]
    NothingToAdvertise {
        /// What was bound.
        address: SocketAddr,
    },
    /// Something else about the socket.
    #[error("cannot open {address}")]
    Socket {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The system has no thread or descriptor left.
    #[error("cannot start the media threads")]
    Thread(#[source] io::Error),
}

/// A running node; stops when it is dropped.
pub struct NodeHandle {
    address: SocketAddr,
    handing: tokio::sync::mpsc::Sender<TcpStream>,
    shards: Vec<Inlet>,
    running: Mutex<Running>,
}

struct Running {
    stop_ingress: Option<oneshot::Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

/// Where clients of a node will look for it: `media_listen` and `advertise` of its [`NodeConfig`].
pub fn candidates(media_listen: SocketAddr, advertise: &[IpAddr]) -> io::Result<Vec<SocketAddr>> {
    Ok(Addresses::new(media_listen, advertise)?.candidates())
}

/// Opens the port and starts the threads. `events` is called on them and must not block.
pub fn start(config: &NodeConfig, events: SfuEvents) -> Result<NodeHandle, StartError> {
    let (udp, tcp) = sockets::open(config.media_listen)?;
    let address = udp.local_addr().map_err(StartError::Thread)?;
    let addresses = Addresses::new(address, &config.advertise).map_err(StartError::Thread)?;
    let beside = config
        .tcp_beside
        .map(|beside| Addresses::new(beside, &config.advertise));
    let beside = beside.transpose().map_err(StartError::Thread)?;
    let candidates = addresses.candidates();
    if candidates.is_empty() {
        return Err(StartError::NothingToAdvertise { address });
    }
    let others = beside.iter().flat_map(Addresses::candidates);
    let others: Vec<_> = others
        .filter(|candidate| !candidates.contains(candidate))
        .collect();
    let shard_config = ShardConfig {
        udp: candidates.clone(),
        tcp: [candidates, others].concat(),
    };

    let (routes, news) = mpsc::channel();
    let (handing, handed) = tokio::sync::mpsc::channel(MAX_HANDED_CONNECTIONS);
    let mut handle = NodeHandle {
        address,
        handing,
        shards: Vec::new(),
        running: Mutex::new(Running {
            stop_ingress: None,
            threads: Vec::new(),
        }),
    };
    // From here on a failure drops the handle, which stops what was started.
    for index in 0..config.shards.clamp(1, MAX_SHARDS) {
        let (inlet, work) = queue();
        let egress = udp
            .try_clone()
            .and_then(|socket| Egress::new(addresses.clone(), socket));
        let shard = ShardThread {
            index,
            shard: Shard::new(&shard_config),
            work,
            egress: egress.map_err(StartError::Thread)?,
            events: events.clone(),
            routes: routes.clone(),
        };
        handle.shards.push(inlet);
        handle.spawn(format!("media-{index}"), move || shard.run())?;
    }
    let (stop_ingress, stop) = oneshot::channel();
    let ingress = Ingress {
        addresses,
        beside,
        shards: handle.shards.clone(),
        news,
        handed,
        stop,
    };
    handle.spawn("media-ingress".to_owned(), move || {
        if let Err(error) = ingress.run(udp, tcp) {
            tracing::error!(%error, "media cannot be received any more");
        }
    })?;
    handle.lock().stop_ingress = Some(stop_ingress);
    Ok(handle)
}

impl NodeHandle {
    /// Where media comes in over UDP.
    pub fn udp_addr(&self) -> SocketAddr {
        self.address
    }

    /// Where media comes in over TCP.
    pub fn tcp_addr(&self) -> SocketAddr {
        self.address
    }

    /// Takes over a connection of the listener beside ([`NodeConfig::tcp_beside`]) of which nothing was read yet. It is
    /// closed where too many wait.
    pub fn take_tcp(&self, stream: TcpStream) {
        drop(self.handing.try_send(stream));
    }

    /// Stops forwarding and waits for the threads. Further messages find the SFU gone.
    pub fn stop(&self) {
        let (stop_ingress, threads) = {
            let mut running = self.lock();
            (running.stop_ingress.take(), std::mem::take(&mut running.threads))
        };
        drop(stop_ingress);
        for shard in &self.shards {
            shard.put(Work::Stop);
        }
        for thread in threads {
            // A thread that stops the node itself does not wait for itself.
            if thread.thread().id() != thread::current().id() && thread.join().is_err() {
                tracing::error!("a media thread had panicked");
            }
        }
    }

    fn spawn(&self, name: String, run: impl FnOnce() + Send + 'static) -> Result<(), StartError> {
        let thread = thread::Builder::new()
            .name(name)
            .spawn(run)
            .map_err(StartError::Thread)?;
        self.lock().threads.push(thread);
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shard_of(&self, call: CallId) -> Option<&Inlet> {
        let id = u128::from_be_bytes(*call.as_bytes());
        let shards = u128::try_from(self.shards.len()).ok()?;
        self.shards.get(usize::try_from(id.checked_rem(shards)?).ok()?)
    }
}

impl SfuLink for NodeHandle {
    fn send(&self, message: ToSfu) -> Result<(), SfuGone> {
        let call = match &message {
            ToSfu::Offer { place, .. } | ToSfu::Intent { place, .. } | ToSfu::Leave { place } => {
                place.call_id
            }
            ToSfu::Close { call_id } => *call_id,
        };
        self.shard_of(call).ok_or(SfuGone)?.control(message)
    }
}

impl Drop for NodeHandle {
    fn drop(&mut self) {
        self.stop();
    }
}
