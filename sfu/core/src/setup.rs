//! What all peers have in common.

use str0m::{Candidate, net::TcpType};

use crate::io::{Protocol, Transport};

/// What all peers of a shard have in common.
#[derive(Clone, Debug, Default)]
pub(crate) struct PeerSetup {
    pub(crate) candidates: Vec<Transport>,
}

/// The header extensions that are offered back where a client offers them. Their ids are the client's.
/// Absolute send time is left out: transport-wide feedback serves the same end, and `str0m` asserts on
/// values that it did not parse itself.
pub(crate) fn extensions() -> str0m::rtp::ExtensionMap {
    use str0m::rtp::{Extension, ExtensionMap};
    let mut map = ExtensionMap::empty();
    map.set(1, Extension::AudioLevel);
    map.set(3, Extension::TransportSequenceNumber);
    map.set(4, Extension::RtpMid);
    map.set(10, Extension::RtpStreamId);
    map.set(11, Extension::RepairedRtpStreamId);
    map.set(13, Extension::VideoOrientation);
    map
}

pub(crate) fn host_candidate(transport: &Transport) -> Option<Candidate> {
    let built = match transport.protocol {
        Protocol::Udp => Candidate::builder().udp().host(transport.local).build(),
        Protocol::Tcp => Candidate::builder()
            .tcp()
            .host(transport.local)
            .tcptype(TcpType::Passive)
            .build(),
    };
    built
        .inspect_err(|error| tracing::warn!(%error, "an address cannot be a candidate"))
        .ok()
}
