//! The forwarding engine: calls, tracks, slots, fan-out; no sockets, no clock, no threads.
