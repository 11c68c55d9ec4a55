//! The loop around a shard.

use std::{sync::mpsc::Sender, time::Instant};

use protocol::sfu::SfuEvents;
use sfu_core::{Input, Output, Route, Shard};

use crate::{
    egress::Egress,
    limits::DRAIN_AT,
    queue::{LONGEST_SLEEP, Outlet, Work},
    routes::ShardIndex,
};

pub struct ShardThread {
    pub index: ShardIndex,
    pub shard: Shard,
    pub work: Outlet,
    pub egress: Egress,
    pub events: SfuEvents,
    pub routes: Sender<(ShardIndex, Route)>,
}

impl ShardThread {
    pub fn run(mut self) {
        loop {
            let now = Instant::now();
            if self.shard.next_wake().is_some_and(|wake| wake <= now) {
                self.shard.handle_input(now, Input::Timeout);
                self.drain();
            }
            let longest = now + LONGEST_SLEEP;
            let wake = self.shard.next_wake().map_or(longest, |wake| wake.min(longest));
            let Some(work) = self.work.next_until(Some(wake)) else {
                continue;
            };
            let now = Instant::now();
            match work {
                Work::Datagrams(batch) => {
                    for (transport, payload) in batch.datagrams() {
                        self.shard
                            .handle_input(now, Input::Datagram { transport, payload });
                        if self.shard.waiting_outputs() >= DRAIN_AT {
                            self.drain();
                        }
                    }
                }
                Work::Control(message) => self.shard.handle_input(now, Input::Control(message)),
                Work::TcpOpened(transport, frames) => self.egress.opened(transport, frames),
                Work::TcpClosed(transport) => self.egress.closed(transport),
                Work::Stop => return,
            }
            self.drain();
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.shard.poll_output() {
            match output {
                Output::Transmit(transmit) => {
                    self.egress.send(&transmit);
                    self.shard.reuse(transmit);
                }
                Output::Control(message) => (self.events)(message),
                // Fails only when the node stops.
                Output::Route(route) => drop(self.routes.send((self.index, route))),
            }
        }
    }
}
