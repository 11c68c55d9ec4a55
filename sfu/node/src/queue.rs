//! The queue of a shard. Datagrams in it are limited, and dropped beyond; control messages are limited too,
//! but never dropped silently.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    time::{Duration, Instant},
};

use protocol::sfu::{SfuGone, ToSfu};
use sfu_core::Transport;
use tokio::sync::mpsc::Sender as FrameSender;

use crate::limits::{MAX_WAITING_CONTROLS, MAX_WAITING_DATAGRAMS};

/// Datagrams that were received at once, for one shard.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    /// The way of each, and its length.
    each: Vec<(Transport, usize)>,
}

impl Batch {
    pub fn push(&mut self, transport: Transport, datagram: &[u8]) {
        self.bytes.extend_from_slice(datagram);
        self.each.push((transport, datagram.len()));
    }

    pub fn len(&self) -> usize {
        self.each.len()
    }

    pub fn datagrams(&self) -> impl Iterator<Item = (Transport, &[u8])> {
        let mut rest = self.bytes.as_slice();
        self.each.iter().filter_map(move |(transport, len)| {
            let (datagram, after) = rest.split_at_checked(*len)?;
            rest = after;
            Some((*transport, datagram))
        })
    }
}

/// What a shard's thread works on.
#[derive(Debug)]
pub enum Work {
    /// Datagrams arrived.
    Datagrams(Batch),
    /// Signaling asks.
    Control(ToSfu),
    /// A TCP connection named one of this shard's peers; frames for it go here.
    TcpOpened(Transport, FrameSender<Vec<u8>>),
    /// It is no more.
    TcpClosed(Transport),
    /// The node stops.
    Stop,
}

/// The end that puts in.
#[derive(Clone, Debug)]
pub struct Inlet {
    sender: Sender<Work>,
    waiting: Arc<Waiting>,
}

/// The end that takes out.
#[derive(Debug)]
pub struct Outlet {
    receiver: Receiver<Work>,
    waiting: Arc<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    datagrams: AtomicUsize,
    controls: AtomicUsize,
}

pub fn queue() -> (Inlet, Outlet) {
    let (sender, receiver) = mpsc::channel();
    let waiting = Arc::new(Waiting::default());
    (
        Inlet {
            sender,
            waiting: waiting.clone(),
        },
        Outlet { receiver, waiting },
    )
}

impl Inlet {
    pub fn datagrams(&self, batch: Batch) {
        let count = batch.len();
        if self.waiting.datagrams.fetch_add(count, Ordering::Relaxed) >= MAX_WAITING_DATAGRAMS
            || self.sender.send(Work::Datagrams(batch)).is_err()
        {
            self.waiting.datagrams.fetch_sub(count, Ordering::Relaxed);
        }
    }

    pub fn datagram(&self, transport: Transport, payload: &[u8]) {
        let mut batch = Batch::default();
        batch.push(transport, payload);
        self.datagrams(batch);
    }

    pub fn control(&self, message: ToSfu) -> Result<(), SfuGone> {
        if self.waiting.controls.fetch_add(1, Ordering::Relaxed) >= MAX_WAITING_CONTROLS
            || self.sender.send(Work::Control(message)).is_err()
        {
            self.waiting.controls.fetch_sub(1, Ordering::Relaxed);
            return Err(SfuGone);
        }
        Ok(())
    }

    /// For the rare rest. A shard that is gone needs none of it.
    pub fn put(&self, work: Work) {
        let _ = self.sender.send(work);
    }
}

impl Outlet {
    /// The next piece of work; nothing when the time came first. A queue whose node is gone says [`Work::Stop`].
    pub fn next_until(&self, wake: Option<Instant>) -> Option<Work> {
        let work = match wake {
            Some(wake) => match self
                .receiver
                .recv_timeout(wake.saturating_duration_since(Instant::now()))
            {
                Ok(work) => work,
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => Work::Stop,
            },
            None => self.receiver.recv().unwrap_or(Work::Stop),
        };
        match &work {
            Work::Datagrams(batch) => self.waiting.datagrams.fetch_sub(batch.len(), Ordering::Relaxed),
            Work::Control(_) => self.waiting.controls.fetch_sub(1, Ordering::Relaxed),
            _ => 0,
        };
        Some(work)
    }
}

/// How long a shard that has nothing to do sleeps at most; a guard against a lost wake.
pub const LONGEST_SLEEP: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use protocol::CallId;
    use sfu_core::Protocol;

    use super::*;

    #[test]
    fn datagrams_beyond_the_limit_are_dropped_and_control_still_goes_through() {
        let (inlet, outlet) = queue();
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        let transport = Transport {
            protocol: Protocol::Udp,
            local: address,
            remote: address,
        };
        for _ in 0..MAX_WAITING_DATAGRAMS + 10 {
            inlet.datagram(transport, b"x");
        }
        inlet
            .control(ToSfu::Close {
                call_id: CallId::from_random([1; 16]),
            })
            .unwrap();
        let mut datagrams = 0;
        while let Some(Work::Datagrams(_)) = outlet.next_until(Some(Instant::now())) {
            datagrams += 1;
        }
        assert_eq!(datagrams, MAX_WAITING_DATAGRAMS);
        inlet.datagram(transport, b"x");
        assert!(
            outlet.next_until(Some(Instant::now())).is_some(),
            "there is room again"
        );
    }

    #[test]
    fn a_queue_whose_shard_is_gone_says_so() {
        let (inlet, outlet) = queue();
        drop(outlet);
        assert_eq!(
            inlet.control(ToSfu::Close {
                call_id: CallId::from_random([1; 16])
            }),
            Err(SfuGone)
        );
    }
}
