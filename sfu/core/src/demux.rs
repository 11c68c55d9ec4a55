//! Finds the peer of a datagram without asking every peer: by the address it came from, or for STUN requests
//! by the user name fragment in them.

use std::collections::{HashMap, VecDeque};

use crate::{
    io::{Output, Route, Transport},
    limits::MAX_REMOTES_PER_PEER,
    peer::{Outbox, PeerId},
    stun,
};

/// Where a datagram belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// To this peer, on a way that is known.
    Known(PeerId),
    /// To this peer, if the STUN request proves authentic; then the way is [`Demux::learn`]ed.
    Claimed(PeerId),
    /// To nobody.
    Nobody,
}

#[derive(Debug, Default)]
pub(crate) struct Demux {
    by_ufrag: HashMap<String, PeerId>,
    by_transport: HashMap<Transport, PeerId>,
    ways: HashMap<PeerId, Ways>,
}

/// What is in the maps for one peer.
#[derive(Debug, Default)]
struct Ways {
    ufrag: Option<String>,
    transports: VecDeque<Transport>,
}

impl Demux {
    pub(crate) fn find(&self, transport: Transport, datagram: &[u8]) -> Found {
        let known = self.by_transport.get(&transport).copied();
        if !stun::is_stun(datagram) {
            return known.map_or(Found::Nobody, Found::Known);
        }
        match stun::local_ufrag(datagram).and_then(|ufrag| self.by_ufrag.get(ufrag)) {
            Some(peer) if known == Some(*peer) => Found::Known(*peer),
            Some(peer) => Found::Claimed(*peer),
            None => known.map_or(Found::Nobody, Found::Known),
        }
    }

    /// A peer's fragment, new or changed by an ICE restart.
    pub(crate) fn set_ufrag(&mut self, peer: PeerId, ufrag: String, out: &mut Outbox) {
        let ways = self.ways.entry(peer).or_default();
        if ways.ufrag.as_ref() == Some(&ufrag) {
            return;
        }
        if let Some(former) = ways.ufrag.replace(ufrag.clone()) {
            self.by_ufrag.remove(&former);
            out.outputs.push_back(Output::Route(Route::RemoveUfrag(former)));
        }
        self.by_ufrag.insert(ufrag.clone(), peer);
        out.outputs.push_back(Output::Route(Route::AddUfrag(ufrag)));
    }

    /// An authentic STUN request of this peer came on this way. Who had it before loses it, and gets it back
    /// with its own next check.
    pub(crate) fn learn(&mut self, peer: PeerId, transport: Transport, out: &mut Outbox) {
        if let Some(former) = self.by_transport.insert(transport, peer)
            && let Some(ways) = self.ways.get_mut(&former)
        {
            ways.transports.retain(|way| *way != transport);
        }
        // Before anything else that waits: the answer to the request may be among it.
        out.outputs
            .push_front(Output::Route(Route::AddTransport(transport)));
        let ways = self.ways.entry(peer).or_default();
        ways.transports.push_back(transport);
        if ways.transports.len() > MAX_REMOTES_PER_PEER
            && let Some(oldest) = ways.transports.pop_front()
        {
            self.by_transport.remove(&oldest);
            out.outputs
                .push_back(Output::Route(Route::RemoveTransport(oldest)));
        }
    }

    pub(crate) fn forget(&mut self, peer: PeerId, out: &mut Outbox) {
        let Some(ways) = self.ways.remove(&peer) else {
            return;
        };
        if let Some(ufrag) = ways.ufrag {
            self.by_ufrag.remove(&ufrag);
            out.outputs.push_back(Output::Route(Route::RemoveUfrag(ufrag)));
        }
        for transport in ways.transports {
            self.by_transport.remove(&transport);
            out.outputs
                .push_back(Output::Route(Route::RemoveTransport(transport)));
        }
    }
}
