//! Limits of the native client. Each says why it is what it is, and what happens beyond it.

use std::time::Duration;

/// A request that takes longer is lost: uploads of a whole stock of key packages over a slow line.
pub(crate) const HTTP_PATIENCE: Duration = Duration::from_secs(60);

/// Making a connection. Longer keeps who waits from the next try, shorter fails on satellites.
pub(crate) const CONNECT_PATIENCE: Duration = Duration::from_secs(20);

/// An answer to a request about a blob that has no body of its own. Longer means that the connection is gone.
pub(crate) const BLOB_PATIENCE: Duration = Duration::from_secs(30);

/// A part of an upload: the slowest lines that still are of use need so long for the smallest.
pub(crate) const PART_PATIENCE: Duration = Duration::from_secs(120);

/// No byte of a download for so long means that the connection is gone.
pub(crate) const SILENCE: Duration = Duration::from_secs(30);

/// Longest answer over HTTP in bytes: as large as what the server sends through the WebSocket. Beyond: no answer.
pub(crate) const MAX_ANSWER_LEN: usize = protocol::limits::MAX_SOCKET_FRAME_LEN;

/// Inputs that wait for the core. More only holds memory; at the limit the socket is not read on, and the server waits.
pub(crate) const INPUT_QUEUE: usize = 64;

/// Frames that wait for the socket. The core has few requests open at a time; at the limit the driver waits.
pub(crate) const FRAME_QUEUE: usize = 256;

/// Commands that wait for the driver. At the limit whoever asks waits.
pub(crate) const COMMAND_QUEUE: usize = 64;

/// Events kept for a listener that is slow. Beyond: it is told that some are lost, and asks for the rooms anew.
pub(crate) const EVENT_QUEUE: usize = 1024;

/// A timer that fires this much late tells that the computer slept.
pub(crate) const SLEPT_MS: u64 = 5_000;

/// Records' share of the store that may be empty before it is compacted when it is opened, in percent. Lower compacts often,
/// higher holds space for nothing.
pub(crate) const COMPACT_AT_PERCENT: i64 = 30;

/// Below so many pages compacting is not worth it.
pub(crate) const COMPACT_FROM_PAGES: i64 = 256;

/// Chunks of the first part of an upload; parts grow where the line is fast, so that little is lost when it breaks.
pub(crate) const FIRST_PART_CHUNKS: u32 = 4;

/// Chunks of the longest part: 4 MiB, below what the server takes, and the most of a file that is in memory at once.
pub(crate) const LONGEST_PART_CHUNKS: u32 = 64;

/// A part should take about so long.
pub(crate) const PART_TIME: Duration = Duration::from_secs(2);

/// First wait before a transfer tries again; doubles up to [`TRANSFER_RETRY_MAX`].
pub(crate) const TRANSFER_RETRY_FIRST: Duration = Duration::from_millis(500);

/// Long enough that a server that is down is not beaten, short enough that nobody waits in vain once it is back.
pub(crate) const TRANSFER_RETRY_MAX: Duration = Duration::from_secs(30);

/// How long a program that ends waits for its last words to reach the server. A round trip over a slow line; what takes longer
/// goes out at its next start.
pub(crate) const LEAVE_PATIENCE: Duration = Duration::from_secs(3);

/// How long blobs are kept at most, which the server cuts where it keeps them for less.
pub(crate) const BLOB_LIFE_MS: u64 = protocol::limits::MAX_RETENTION_MS;

/// How long a program that does one thing waits for rooms that it is on its way into. Longer waits for a server that withholds,
/// shorter misses a room over a slow line.
pub(crate) const SETTLE_PATIENCE: Duration = Duration::from_secs(10);
