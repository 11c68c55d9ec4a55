//! The forwarding engine: calls, tracks, slots, fan-out; no sockets, no clock, no threads.
//!
//! One [`Shard`] owns calls and everything in them. Whoever drives it hands datagrams, control messages and
//! the time to [`Shard::handle_input`], sends what [`Shard::poll_output`] returns until that is empty, and
//! comes back no later than [`Shard::next_wake`].
//!
//! ```text
//! datagram ─► demux (ufrag, address) ─► call ─► publish peer ─► RTP packet ─► slots ─► subscribe peers ─► Transmit
//! ToSfu    ─────────────────────────► call ─► offers, intents ─► assignment of slots ─► FromSfu
//! ```
//!
//! - A participant has two peers, each an ICE-lite `str0m` connection in RTP mode: _publish_ receives,
//!   _subscribe_ sends. Both sides of SDP offers come from the client.
//! - A call's peers, tracks and slots live inside the call. No code here holds two calls at once, so nothing
//!   can pass from one to another.
//! - Media is ciphertext (RFC 9605). The engine reads RTP headers, the VP8 payload descriptor and the clear
//!   bit that tells a key frame; it changes header fields and the descriptor's counters, never the payload.
//! - Randomness (ICE credentials, DTLS certificates) is drawn inside `str0m`.

mod call;
mod demux;
mod egress;
pub mod framing;
mod io;
pub mod limits;
mod peer;
pub mod sdp;
mod setup;
mod shard;
pub mod stun;
mod vp8;

pub use io::{Input, Output, Protocol, Route, Transmit, Transport};
pub use shard::{Shard, ShardConfig};
