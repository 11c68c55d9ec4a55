//! Limits of the service alone; those that clients share are in [`protocol::limits`].

use std::time::Duration;

/// Writes gathered into one transaction. More would let one write wait long for the others, fewer would sync the
/// disk more often. Beyond: the next transaction.
pub const MAX_WRITE_BATCH: usize = 256;

/// Writes that wait for the writer. Beyond: who asks waits for a place, and its connection is read no further.
pub const MAX_WRITES_WAITING: usize = 1024;

/// Connections that read the database. SQLite reads beside the writer; more than a few cost memory only.
/// Beyond: reads wait.
pub const MAX_READ_CONNECTIONS: u32 = 8;

/// How long SQLite waits for another process (`conclave admin`) that writes. Beyond: the write fails.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a request waits for a database connection. Beyond: `unavailable`.
pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// Payload bytes in one answer to a sync; beyond, the answer says that there is more. At least one entry is
/// always given, however large.
pub const MAX_SYNC_BYTES: u64 = 1024 * 1024;

/// Rooms whose leaves are kept in memory, so that a message costs no query for its receivers. Beyond: all are
/// forgotten and read again as needed.
pub const MAX_ROOMS_IN_MEMORY: usize = 10_000;

/// Keys that one rate limiter keeps. Beyond: those are forgotten whose window has ended, then those that used less than
/// half, then all. Whoever floods it to be forgotten pays so many requests for each allowance; refusing newcomers
/// instead would let a flood shut everyone out.
pub const MAX_RATE_KEYS: usize = 50_000;

/// Grants and tickets that wait to be used, and proofs that were. Only who proved something gets one. Beyond: the oldest
/// are void, and who has one signs in or connects again; refusing instead would let a few shut everyone out.
pub const MAX_TOKENS_WAITING: usize = 50_000;

/// Bytes that wait for one slow reader, beside the number of frames: a phone that syncs needs some megabytes.
/// Beyond: the connection is closed; the client resumes from its cursors.
pub const MAX_SOCKET_QUEUE_BYTES: usize = 32 * 1024 * 1024;

/// Read buffer of a WebSocket. Lower costs system calls on large frames, higher costs memory of every idle
/// connection.
pub const SOCKET_READ_BUFFER: usize = 4096;

/// How long one frame to a reader may take. Beyond: the connection is closed as too slow.
pub const SOCKET_SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a body may take to come. Beyond: `unavailable`. Shorter would refuse the largest body over a slow phone network,
/// longer would let more of them wait in memory.
pub const BODY_PATIENCE: Duration = Duration::from_secs(30);

/// How often what may go is looked for: acknowledged or expired entries go at most so much later.
pub const RETENTION_STEP: Duration = Duration::from_secs(5);

/// How often calls are told that time has passed. Their shortest wait that nobody asks about is seconds long.
pub const CALLS_STEP: Duration = Duration::from_millis(500);

/// Entries deleted in one transaction by the retention job, so that messages are not held up by it.
pub const MAX_TRIM_STEP: i64 = 2_000;

/// Rooms ended in one round of the retention job; the others wait for the next.
pub const MAX_ROOMS_STEP: i64 = 50;

/// How long an SDP offer waits for the SFU. Beyond: `unavailable`.
pub const SFU_PATIENCE: Duration = Duration::from_secs(10);

/// Connections closed by [`crate::Service::shutdown`] get this long to take their goodbye.
pub const GOODBYE_TIME: Duration = Duration::from_secs(2);

/// Longest name of a network in bytes.
pub const MAX_NETWORK_NAME_LEN: usize = 128;

/// Invitations that one administrator may make an hour: a large school at once, but no flood.
pub const MAX_INVITATIONS_PER_HOUR: u32 = 1_000;

/// Look-ups of people by e-mail that one device may make an hour: far above typing, far below guessing.
pub const MAX_LOOK_UPS_PER_HOUR: u32 = 600;

/// Sign-ins of one block of addresses, for all accounts together, in [`protocol::limits::SIGN_IN_WINDOW_MS`]: a school
/// behind one address at eight o'clock. More makes trying one password on everybody cheaper. Beyond: `rate_limited`.
pub const MAX_SIGN_INS_PER_BLOCK: u32 = 600;

/// Likewise while more than [`MANY_SIGN_INS`] came from all blocks: a household or a small office.
pub const FEW_SIGN_INS_PER_BLOCK: u32 = 30;

/// Sign-ins of one account in the window, from all blocks, above which somebody guesses from many places. Beyond: each
/// block has [`FEW_SIGN_INS_PER_WINDOW`] for this account.
pub const MANY_SIGN_INS_PER_ACCOUNT: u32 = 100;

/// Tries of one block for an account that many guess at: the owner who mistypes twice still gets in.
pub const FEW_SIGN_INS_PER_WINDOW: u32 = 3;

/// Sign-ins of all in the window: some 70 a second, a quarter of one core. Beyond: each block has
/// [`FEW_SIGN_INS_PER_BLOCK`].
pub const MANY_SIGN_INS: u32 = 20_000;

/// Sessions that one device may open in [`protocol::limits::HANDSHAKE_LIFE_MS`]: each writes to the database and is
/// remembered so long. Clients that lose their connection all the time stay far below. Beyond: `rate_limited`.
pub const MAX_SESSION_OPENS_PER_DEVICE: u32 = 120;

/// Likewise of one block of addresses, good or bad: a large house that reconnects at once after a restart, and again.
/// Beyond: `rate_limited`, before the database is asked.
pub const MAX_SESSION_OPENS_PER_BLOCK: u32 = 6_000;

/// Pairings that are under way at once, some 64 KiB each at most; beyond it new ones are `rate_limited`.
pub const MAX_PAIRINGS: usize = 1_000;

/// Messages of one side of a pairing, of which there are three; and the longest, with a device list of 20 devices or a key of
/// X-Wing.
pub const MAX_PAIRING_MESSAGES: usize = 4;
pub const MAX_PAIRING_MESSAGE_LEN: usize = 8 * 1024;

/// Pairings that a device opens in an hour: somebody who tries, and tries again. Beyond: `rate_limited`.
pub const MAX_PAIRINGS_PER_HOUR: u32 = 30;

/// Codes that are tried from one block of addresses in [`protocol::limits::PAIRING_LIFE_MS`]: an office in which everybody gets
/// a second device, and far too few to guess one of 40 bits. Beyond: `rate_limited`.
pub const MAX_PAIRING_TRIES_PER_BLOCK: u32 = 100;

/// Questions of one side in a minute, which asks each second. Beyond: `rate_limited`.
pub const MAX_PAIRING_TURNS_PER_MINUTE: u32 = 120;

/// Looks at guest links and sessions of guests from one block of addresses in
/// [`protocol::limits::HANDSHAKE_LIFE_MS`]: a class that comes by one link, and reloads. Beyond: `rate_limited`, before the
/// database is asked.
pub const MAX_GUEST_TRIES_PER_BLOCK: u32 = 600;

/// Sessions by one guest link in that time: ten times as many as can wait, so that guests with bad connections come back.
/// Beyond: `rate_limited`.
pub const MAX_GUEST_SESSIONS_PER_LINK: u32 = 200;

/// How far the clock of who makes a guest link may be ahead.
pub const GUEST_LINK_SKEW_MS: u64 = HOUR_MS;

/// How long it is remembered that a guest link's time is over, so that its page can say so.
pub const GUEST_LINK_MEMORY_MS: u64 = 30 * 24 * HOUR_MS;

/// Rooms that one device may found an hour.
pub const MAX_FOUNDINGS_PER_HOUR: u32 = 200;

/// Milliseconds of an hour, the window of the limits above.
pub const HOUR_MS: u64 = 60 * 60 * 1000;

/// Milliseconds of a minute, the window of [`protocol::limits::MAX_COMMITS_PER_MINUTE`].
pub const MINUTE_MS: u64 = 60 * 1000;

/// How far a client's clock may be ahead in what it signs.
pub const CLOCK_SKEW_MS: u64 = 24 * HOUR_MS;

/// Bytes of all blobs of a room together, where the administrator says nothing else: ten of the largest. Beyond:
/// `quota_exceeded`, until some expire or are deleted.
pub const ROOM_QUOTA: u64 = 50 * 1024 * 1024 * 1024;

/// Free space of the disk that files leave alone: the database beside them must go on writing. Beyond: `storage_full`,
/// while what is not a file goes on. Files on an S3 service take nothing of it.
pub const DISK_RESERVE: u64 = 2 * 1024 * 1024 * 1024;

/// Unfinished uploads of one user hold at most as much of their rooms' space as so many of the largest files: two at once
/// are common, and who uploads nothing must not keep others from it. Beyond: `rate_limited` for [`UNFINISHED_RETRY_MS`].
pub const MAX_UNFINISHED_FILES: u64 = 2;

/// How long an upload waits for its next part: a laptop that is closed over night goes on in the morning. Beyond: what
/// came is deleted.
pub const UNFINISHED_LIFE_MS: u64 = 24 * HOUR_MS;

/// How long it is remembered that a blob's time is over, so that who asks for it is told so.
pub const BLOB_MEMORY_MS: u64 = 30 * 24 * HOUR_MS;

/// Blobs deleted in one round of the retention job; the others wait for the next.
pub const MAX_BLOBS_STEP: i64 = 200;

/// Bytes of a blob read at a time: fewer cost system calls, more cost memory for each download.
pub const BLOB_READ_LEN: usize = 128 * 1024;

/// How long a round of the retention job goes on with blobs once one could not be deleted: messages that expire wait for it.
/// Beyond: the others wait for the next round.
pub const EXPIRE_PATIENCE: Duration = Duration::from_secs(10);

/// Bytes without a row are deleted once nothing has been added to them for so long: a database that was restored or copied does
/// not know the newest files, and somebody who sees that has a day to stop the server. Longer keeps what a crash left, or a
/// service that failed did not delete.
pub const ORPHAN_GRACE_MS: u64 = 24 * HOUR_MS;

/// How long a sweep spends on what fails. Beyond: the next one goes on, at another place.
pub const SWEEP_PATIENCE: Duration = Duration::from_secs(120);

/// Failures of a sweep in a row after which nothing works there. Beyond: as above. Blobs that cannot be deleted are no row: of
/// each it is asked first when it was written.
pub const MAX_SWEEP_FAILURES: u32 = 4;

/// Longest object of a blob on an S3 service: a part, and room for longer ones. What lies before a place is looked for so
/// far back, so it may be raised, but never lowered.
pub const MAX_S3_OBJECT_LEN: u64 = 16 * 1024 * 1024;

/// Bytes of memory that a part takes at a time on its way to an S3 service. Each part has one such block for itself; so it is
/// also the shortest object where [`MAX_S3_BLOCKS`] are taken. Less makes objects then that cost more than they hold.
pub const S3_BLOCK_LEN: usize = 256 * 1024;

/// Blocks of all parts together, beside the first of each: 256 MiB, thirty parts of full length that come at once. Beyond: what
/// came of a part is put as an object at once, and costs more requests.
pub const MAX_S3_BLOCKS: usize = 1024;

/// Bytes of a blob that one request fetches from an S3 service. Each takes some ten milliseconds to begin with, so fewer make
/// downloads slow, and more cost memory for each of them.
pub const S3_FETCH_LEN: usize = 1024 * 1024;

/// Fetches of that length whose bytes wait for whoever reads them: 128 MiB. Beyond: downloads go on in steps of
/// [`BLOB_READ_LEN`].
pub const MAX_S3_FETCHES: usize = 128;

/// Requests to an S3 service at a time: what a gigabit carries with some ten milliseconds for each. Beyond: they wait for each
/// other, as long as their patience lasts.
pub const MAX_S3_REQUESTS: usize = 64;

/// Blocks of [`S3_BLOCK_LEN`] in puts that are under way: 32 MiB, which a line of 20 Mbit/s carries in
/// [`S3_REQUEST_TIMEOUT`]. More would time out together on such a line. Beyond: puts wait for each other, as above.
pub const MAX_S3_PUT_BLOCKS: usize = 128;

/// Parts on their way to an S3 service at once, each with a first block: 512 MiB at most. Beyond: `unavailable`, before
/// anything of the part is read.
pub const MAX_S3_PARTS: usize = 2048;

/// How long a connection to an S3 service may take. Beyond: it is tried again.
pub const S3_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long one request to an S3 service may take, with its bytes: a part of full length over 5 Mbit/s. Beyond: it is tried
/// again.
pub const S3_REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// How often a request to an S3 service is tried again: one mishap, and another one. More would not help in the time there is.
pub const MAX_S3_RETRIES: usize = 2;

/// How long a request to an S3 service may take with all that it waits for. Beyond: `unavailable`. A part makes two or three of
/// them, while its client waits two minutes.
pub const S3_PATIENCE: Duration = Duration::from_secs(30);

/// Parts and downloads of one device at a time: a page with as many pictures as fit on it. Each holds an open file.
/// Beyond: `rate_limited` for [`TRANSFER_RETRY_MS`].
pub const MAX_TRANSFERS_PER_DEVICE: usize = 24;

/// When a device with too many transfers should try again.
pub const TRANSFER_RETRY_MS: u64 = 1_000;

/// Uploads of one user that are begun and not finished: a folder dropped at once goes file by file. Each takes of its
/// room's quota. Beyond: `rate_limited` for [`UNFINISHED_RETRY_MS`], until some are finished, deleted or given up.
pub const MAX_UNFINISHED_PER_USER: usize = 64;

/// Unfinished uploads of all users whose makers are known. Beyond: as above.
pub const MAX_UNFINISHED_KNOWN: usize = 50_000;

/// When who has too many unfinished uploads should try again.
pub const UNFINISHED_RETRY_MS: u64 = 10_000;

/// Uploads that one device may begin an hour: a large folder, but no flood of rows. Beyond: `rate_limited`.
pub const MAX_UPLOADS_PER_HOUR: u32 = 2_000;

/// Shortest part that a client sends of its own accord, but for a file's last: less than one sealed chunk. What is left of a part
/// that was cut off may be shorter.
pub const FULL_PART_LEN: u64 = 64 * 1024;

/// Shorter parts of one blob in an hour: a connection that breaks every half minute. Each may become an object on an S3
/// service, and is listed with each part after it. Beyond: `rate_limited`.
pub const MAX_SHORT_PARTS_PER_HOUR: u32 = 120;

/// How often the place of blobs is compared with the database. On an S3 service it costs 256 requests.
pub const SWEEP_STEP: Duration = Duration::from_secs(60 * 60);

/// Times in an hour that a device may say how its user stands with a contact. A new policy makes it say so of everybody who
/// was verified; more lets it make others fetch their rooms. Beyond: `rate_limited`.
pub const MAX_CONTACT_CHANGES_PER_HOUR: u32 = 2_000;

/// Times in an hour that a device may say how it is woken: at each start, and when its user mutes a room. Beyond:
/// `rate_limited`.
pub const MAX_PUSH_CHANGES_PER_HOUR: u32 = 600;

/// Signs (who is typing) of one device in a minute: twice what a client gives of somebody who writes one short message after
/// the other. More lets one device fill the connections of all who share a room with it. Beyond: `rate_limited`, and nobody is
/// told.
pub const MAX_SIGNS_PER_MINUTE: u32 = 60;

/// Frames that may wait for a reader while it still gets signs: they are worth something for seconds, and must not be what
/// makes a reader too slow. Higher brings signs when they are over. Beyond: the reader gets no sign.
pub const MAX_WAITING_BEFORE_SIGNS: usize = 16;

/// A device that was woken by a message, and did not come, is not woken by another one for so long: its user knows by then
/// that there is something. As long as people leave a telephone in the pocket.
pub const MESSAGE_QUIET_MS: u64 = 5 * MINUTE_MS;

/// Likewise for calls: a second one is news, a second word of the same is not.
pub const CALL_QUIET_MS: u64 = 10_000;

/// A device that could not be woken is tried again with the first message after so long: a push service that is down, or asks
/// for patience, gets it.
pub const FAILED_QUIET_MS: u64 = MINUTE_MS;

/// Messages by which devices are being woken at a time; each reads the database once. Beyond: the devices are not woken by
/// it, and the message waits for them like any.
pub const MAX_WAKES_AT_ONCE: usize = 1_000;

/// Requests to push services at a time. Beyond: they wait for each other.
pub const MAX_PUSHES_AT_ONCE: usize = 32;
