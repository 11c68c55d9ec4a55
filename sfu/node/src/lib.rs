//! Threads, sockets and the control link around the forwarding engine.
//!
//! ```text
//!               ┌─ ingress thread ─┐  queue   ┌─ shard thread ─┐
//! UDP port ────►│ route by address │─────────►│ sfu_core::Shard │────► UDP socket, TCP connections
//! TCP port ────►│ or STUN ufrag    │  (each)  │                │────► SfuEvents
//!               └──────▲───────────┘          └───────┬────────┘
//!                      └────────── routes ────────────┘
//! ```
//!
//! One port, the same for UDP and ICE-TCP (RFC 6544 passive), serves all shards: the ingress thread only
//! looks up which shard owns a datagram. A call lives on one shard for its life; nothing is shared between
//! shards. Connections of another listener, such as that of HTTPS, can be handed over. The shells are loops
//! without decisions: those are in `sfu_core`.

mod addresses;
mod egress;
mod ingress;
mod limits;
mod node;
mod queue;
mod routes;
mod shard_thread;
mod sockets;
mod tcp;

pub use node::{NodeConfig, NodeHandle, StartError, candidates, start};

/// The first byte of an ICE-TCP connection: the length of a STUN request (RFC 4571 §2), which is below 512 bytes. TLS
/// begins with 0x16, HTTP with a letter.
pub fn is_media(first: u8) -> bool {
    first <= 1
}
