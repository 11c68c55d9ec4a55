//! Which shard a datagram is for.

use std::{collections::HashMap, sync::mpsc::Receiver};

use sfu_core::{Route, Transport, stun};

/// Place of a shard in the node.
pub type ShardIndex = usize;

/// Owned by the ingress thread; shards tell it changes over a channel. A shard sends a route before anything
/// that lets a client use it, so reading the channel before each look-up is enough.
#[derive(Debug)]
pub struct Routes {
    news: Receiver<(ShardIndex, Route)>,
    by_ufrag: HashMap<String, ShardIndex>,
    by_transport: HashMap<Transport, ShardIndex>,
}

impl Routes {
    pub fn new(news: Receiver<(ShardIndex, Route)>) -> Self {
        Self {
            news,
            by_ufrag: HashMap::new(),
            by_transport: HashMap::new(),
        }
    }

    pub fn find(&mut self, transport: Transport, datagram: &[u8]) -> Option<ShardIndex> {
        self.read_news();
        let by_ufrag = || self.by_ufrag.get(stun::local_ufrag(datagram)?).copied();
        match stun::is_stun(datagram) {
            true => by_ufrag().or_else(|| self.by_transport.get(&transport).copied()),
            false => self.by_transport.get(&transport).copied(),
        }
    }

    fn read_news(&mut self) {
        while let Ok((shard, route)) = self.news.try_recv() {
            match route {
                Route::AddUfrag(ufrag) => {
                    self.by_ufrag.insert(ufrag, shard);
                }
                Route::RemoveUfrag(ufrag) => {
                    self.by_ufrag.remove(&ufrag);
                }
                Route::AddTransport(transport) => {
                    self.by_transport.insert(transport, shard);
                }
                // Another shard may have got it in the meantime.
                Route::RemoveTransport(transport) => {
                    if self.by_transport.get(&transport) == Some(&shard) {
                        self.by_transport.remove(&transport);
                    }
                }
            }
        }
    }
}
