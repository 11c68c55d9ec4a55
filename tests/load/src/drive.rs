//! Threads that drive clients: one task for each, none of which waits for another.

use std::{
    cell::RefCell,
    io::IoSliceMut,
    rc::Rc,
    sync::{Arc, mpsc},
    thread::JoinHandle,
};

use anyhow::{Context as _, Result, anyhow};
use quinn_udp::{RecvMeta, UdpSockRef, UdpSocketState};
use tokio::{
    io::Interest,
    net::UdpSocket,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::{LocalSet, spawn_local},
    time::{Instant, sleep_until},
};

use crate::{
    client::Client,
    media::unix_nanos,
    tally::{Tally, Window},
};

/// Receive buffers of a client's socket, so that what is lost is not lost there.
const UDP_BUFFER: usize = 4 * 1024 * 1024;
/// Largest datagrams of the kernel, glued together or not, and how many are taken at once.
const MAX_RECEIVED: usize = 65_536;
const BATCH: usize = 8;

enum Order {
    Add(Box<Client>),
    /// Stop, and say what was counted.
    Stop(mpsc::Sender<Tally>),
}

/// A thread that drives clients.
pub struct Driver {
    orders: UnboundedSender<Order>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    window: Arc<Window>,
    tally: RefCell<Tally>,
    buffers: RefCell<Vec<Vec<u8>>>,
}

impl Driver {
    pub fn start(name: &str, window: Arc<Window>) -> Result<Self> {
        let (orders, received) = unbounded_channel();
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                LocalSet::new().block_on(&runtime, obey(received, window));
            }
        })?;
        Ok(Self {
            orders,
            thread: Some(thread),
        })
    }

    pub fn add(&self, client: Client) -> Result<()> {
        let order = Order::Add(Box::new(client));
        self.orders
            .send(order)
            .map_err(|_| anyhow!("a thread of clients is gone"))
    }

    pub fn stop(mut self) -> Result<Tally> {
        let (sender, tally) = mpsc::channel();
        let _ = self.orders.send(Order::Stop(sender));
        let tally = tally.recv().context("a thread of clients is gone")?;
        if let Some(thread) = self.thread.take() {
            thread
                .join()
                .map_err(|_| anyhow!("a thread of clients panicked"))?;
        }
        Ok(tally)
    }
}

async fn obey(mut orders: UnboundedReceiver<Order>, window: Arc<Window>) {
    let shared = Rc::new(Shared {
        window,
        tally: RefCell::default(),
        buffers: RefCell::new(vec![vec![0; MAX_RECEIVED]; BATCH]),
    });
    while let Some(order) = orders.recv().await {
        match order {
            Order::Add(client) => {
                let shared = shared.clone();
                spawn_local(async move {
                    if let Err(error) = run(*client, &shared).await {
                        eprintln!("a client stopped: {error:#}");
                    }
                });
            }
            Order::Stop(reply) => {
                let _ = reply.send(shared.tally.take());
                return;
            }
        }
    }
}

async fn run(mut client: Client, shared: &Shared) -> Result<()> {
    let socket = UdpSocket::from_std(client.socket.take().context("a socket")?)?;
    let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
    let _ = state.set_recv_buffer_size(UdpSockRef::from(&socket), UDP_BUFFER);
    let mut send = |to, datagram: &[u8]| {
        // As on any network: what cannot be sent is lost.
        let _ = socket.try_send_to(datagram, to);
    };
    let sleep = sleep_until(Instant::now());
    tokio::pin!(sleep);
    loop {
        if client.leaves.is_some_and(|at| at <= std::time::Instant::now()) {
            return Ok(());
        }
        let next = Instant::from_std(client.next());
        if sleep.deadline() != next {
            sleep.as_mut().reset(next);
        }
        tokio::select! {
            biased;
            ready = socket.readable() => {
                ready?;
                let mut buffers = shared.buffers.borrow_mut();
                let mut metas = [RecvMeta::default(); BATCH];
                let received = socket.try_io(Interest::READABLE, || {
                    let mut slices: Vec<_> = buffers.iter_mut().map(|buffer| IoSliceMut::new(buffer)).collect();
                    state.recv(UdpSockRef::from(&socket), &mut slices, &mut metas)
                });
                let Ok(received) = received else {
                    continue;
                };
                let mut tally = shared.tally.borrow_mut();
                for (meta, buffer) in metas.iter().zip(buffers.iter()).take(received) {
                    let stamp = meta.timestamp.and_then(|at| u64::try_from(at.as_nanos()).ok());
                    let at = stamp.unwrap_or_else(unix_nanos);
                    for datagram in buffer.get(..meta.len).unwrap_or_default().chunks(meta.stride.max(1)) {
                        client.receive(meta.addr, datagram, at, &shared.window, &mut tally, &mut send)?;
                    }
                }
            }
            () = &mut sleep => {
                client.pass_time(&shared.window, &mut shared.tally.borrow_mut(), &mut send)?;
            }
        }
    }
}
