//! Limits of the node, each with its reason and what happens beyond it.

use std::time::Duration;

/// Datagrams that wait for one shard: some 50 ms of what a core forwards. More only adds delay. Beyond:
/// dropped, as a network would.
pub const MAX_WAITING_DATAGRAMS: usize = 8_192;

/// Outputs of a shard that wait at most while a batch of datagrams is worked on. More fills memory, and beyond the shard's own
/// bound they are lost; fewer parts what could leave together.
pub const DRAIN_AT: usize = 1_024;

/// Largest datagrams that leave together in one call to the system: what every interface carries (IPv6 asks for 1,280 bytes,
/// with its header and UDP's). Beyond: one call each.
pub const MOST_GLUED: usize = 1_232;

/// As many datagrams in [`BUSY_SPAN`] make the receiving thread busy: then it lets them gather for [`BUSY_PAUSE`], for each
/// time that threads are woken costs as much as several datagrams. Fewer delays quiet calls, more wakes more often.
pub const BUSY_DATAGRAMS: usize = 100;
/// See [`BUSY_DATAGRAMS`].
pub const BUSY_SPAN: Duration = Duration::from_millis(50);
/// See [`BUSY_DATAGRAMS`]. Longer delays media and fills the kernel's buffer, shorter wakes more often.
pub const BUSY_PAUSE: Duration = Duration::from_micros(500);

/// Control messages that wait for one shard. Signaling limits its clients; this is reached only when the
/// shard stands still. Beyond: the SFU is called gone.
pub const MAX_WAITING_CONTROLS: usize = 16_384;

/// Open ICE-TCP connections that have not named their peer yet. A client does with its first packet; more would let who names
/// none hold the descriptors. Beyond: the oldest of them is closed.
pub const MAX_UNNAMED_TCP: usize = 256;

/// Open ICE-TCP connections that named their peer. Beyond: a new one is closed at once.
pub const MAX_TCP_CONNECTIONS: usize = 4_096;

/// Connections handed over from the listener beside that wait for the ingress thread, which takes them at once. Beyond:
/// closed; browsers try again.
pub const MAX_HANDED_CONNECTIONS: usize = 64;

/// A TCP connection must name its peer by a STUN request within this time.
pub const TCP_HELLO: Duration = Duration::from_secs(10);

/// A TCP connection that is silent for this long is dead: consent checks come every 5 s (RFC 7675).
pub const TCP_IDLE: Duration = Duration::from_secs(60);

/// A write that a peer does not take for this long ends its connection.
pub const TCP_STUCK: Duration = Duration::from_secs(10);

/// Frames that wait for one TCP peer: about a second of video. More would only be late. Beyond: dropped; the
/// receiver asks for them again.
pub const MAX_WAITING_FRAMES: usize = 256;

/// Addresses offered to clients; each costs them checks. Beyond: the rest is left out.
pub const MAX_CANDIDATES: usize = 16;

/// Kernel buffers of the UDP socket, so that a burst of key frames does not overflow it. The kernel may give
/// less.
pub const UDP_BUFFER: usize = 4 * 1024 * 1024;

/// Largest datagram of the kernel, several received ones glued together (GRO) included.
pub const MAX_RECEIVED: usize = 65_536;

/// Tries to find a port that is free for both UDP and TCP, when any will do.
pub const PORT_TRIES: usize = 32;

/// Shards of one node: more threads than cores only get in each other's way.
pub const MAX_SHARDS: usize = 64;
