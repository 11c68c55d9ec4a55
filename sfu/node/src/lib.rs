//! Threads, sockets and the control link around the forwarding engine.
