//! Limits of everything that comes from outside. Each says why it is what it is, and what happens beyond it.

/// Longest e-mail address in bytes (RFC 5321 §4.5.3.1.3). Beyond: refused when parsed.
pub const MAX_EMAIL_LEN: usize = 254;

/// Longest name of a person in bytes; fits every real name, keeps lists readable. Beyond: refused.
pub const MAX_NAME_LEN: usize = 128;

/// Longest device name in bytes, like [`MAX_NAME_LEN`]. Beyond: the device list is malformed.
pub const MAX_DEVICE_NAME_LEN: usize = 128;

/// Live devices of one user. More means a bigger tree in every room; fewer hurts people with test machines.
/// Beyond: a new device is refused until one is removed.
pub const MAX_DEVICES_PER_USER: usize = 20;

/// Members of a room in users. MLS commits of larger groups take seconds in a browser. Beyond: refused.
pub const MAX_ROOM_MEMBERS: usize = 500;

/// Longest room title in bytes, judged by clients (the server never sees it). Beyond: refused in the dialog.
pub const MAX_TITLE_LEN: usize = 200;

/// Longest text message in bytes, judged by clients. Longer text belongs in a file. Beyond: said at once, the
/// text stays in the box.
pub const MAX_TEXT_LEN: usize = 16 * 1024;

/// Largest application entry in bytes as the server sees it: a padded text with room for its envelope.
/// Beyond: `too_large`.
pub const MAX_APPLICATION_LEN: usize = 64 * 1024;

/// Length in bytes of a sealed sign of a room: a nonce, a leaf, what it says, when, a signature, a tag. All have the same,
/// so that none tells by its length what it says. Others: no request.
pub const SEALED_SIGN_LEN: usize = 12 + 4 + 1 + 8 + 64 + 16;

/// Largest commit, welcome or ratchet tree in bytes: a tree of [`MAX_ROOM_MEMBERS`] × 4 devices with hybrid
/// keys. Beyond: `too_large`.
pub const MAX_HANDSHAKE_LEN: usize = 8 * 1024 * 1024;

/// Largest HTTP JSON body in bytes: [`KEY_PACKAGES_PER_DEVICE`] key packages of about 5 kB each as base64.
/// Beyond: 413, and nothing of the body is kept.
pub const MAX_JSON_BODY_LEN: usize = 2 * 1024 * 1024;

/// Largest WebSocket text frame in bytes: one [`MAX_HANDSHAKE_LEN`] with its tree, as base64. Beyond: the
/// connection is closed.
pub const MAX_SOCKET_FRAME_LEN: usize = 24 * 1024 * 1024;

/// Outbound WebSocket frames that wait for one slow reader. Lower drops phones in lifts, higher lets dead
/// readers hold memory. Beyond: the connection is closed; the client resumes from its cursors.
pub const MAX_SOCKET_QUEUE: usize = 512;

/// Key packages that a device keeps on the server, so that as many rooms can add it while it is offline.
/// Beyond: the surplus is refused.
pub const KEY_PACKAGES_PER_DEVICE: usize = 100;

/// A device refills when fewer than this are left: enough for the time that a refill takes.
pub const KEY_PACKAGES_LOW: usize = 50;

/// Largest key package in bytes; a hybrid one is about 5 kB. Beyond: refused.
pub const MAX_KEY_PACKAGE_LEN: usize = 16 * 1024;

/// Key packages of others that one device may claim an hour: a whole room of strangers, but not the stock of
/// a network. Beyond: `rate_limited`.
pub const MAX_CLAIMS_PER_HOUR: u32 = 2_000;

/// Largest own-state blob in bytes: titles, read marks and verifications of some thousand rooms. Beyond:
/// `too_large`.
pub const MAX_OWN_STATE_LEN: usize = 1024 * 1024;

/// Largest sealed AIK blob in bytes. Beyond: refused.
pub const MAX_SEALED_AIK_LEN: usize = 512;

/// Entries in one answer to a sync: some hundred kilobytes at a time keep a phone responsive.
pub const MAX_SYNC_ENTRIES: u32 = 200;

/// How long the server keeps an entry that nobody fetched (R56). An administrator may only shorten it.
pub const MAX_RETENTION_MS: u64 = 30 * 24 * 60 * 60 * 1000;

/// Life of an invitation: long enough for a holiday.
pub const INVITATION_LIFE_MS: u64 = 14 * 24 * 60 * 60 * 1000;

/// Life of a session token. Renewing costs one signature, so that a stolen token dies soon.
pub const SESSION_LIFE_MS: u64 = 24 * 60 * 60 * 1000;

/// Life of a grant: from the password to the enrolled device, over a slow network.
pub const GRANT_LIFE_MS: u64 = 10 * 60 * 1000;

/// Life of a pairing code: from where it is shown to where the new device is in, with a password typed in between.
pub const PAIRING_LIFE_MS: u64 = 10 * 60 * 1000;

/// Bytes of a ticket of a pairing.
pub const PAIRING_TICKET_LEN: usize = 32;

/// Life of the server's half of a sign-in, of a registration and of a session challenge.
pub const HANDSHAKE_LIFE_MS: u64 = 2 * 60 * 1000;

/// Life of a WebSocket ticket: it is used at once, and it stands in a URL.
pub const TICKET_LIFE_MS: u64 = 30 * 1000;

/// Life of a device certificate. Long, for certificates are not renewed yet: after it a device cannot be added to
/// groups, until it signs out and in again. Shorter lets a stolen device key last less.
pub const CERTIFICATE_LIFE_MS: u64 = 400 * 24 * 60 * 60 * 1000;

/// Sign-in attempts per e-mail address in [`SIGN_IN_WINDOW_MS`]. Beyond: `rate_limited` with a time to wait.
pub const MAX_SIGN_INS_PER_WINDOW: u32 = 10;

/// Window of [`MAX_SIGN_INS_PER_WINDOW`].
pub const SIGN_IN_WINDOW_MS: u64 = 5 * 60 * 1000;

/// Commits that one device may send to one group in a minute: far above what people do, far below a flood.
/// Beyond: `rate_limited`.
pub const MAX_COMMITS_PER_MINUTE: u32 = 120;

/// Participants of one call; a leaf must fit 12 bits of the SFrame key id. Beyond: `call_full`.
pub const MAX_CALL_PARTICIPANTS: usize = 1_000;

/// A participant whose connection was lost is removed from the call after this: longer than a reconnect, so
/// that a tunnel does not re-key the call.
pub const CALL_LINGER_MS: u64 = 15_000;

/// The leaf of a device that a locked call lost, and that did not leave, stays for so long: it is the right to come in
/// again. Shorter locks out whose browser has to be started anew, longer leaves the keys with a device that is not there.
pub const CALL_RETURN_MS: u64 = 120_000;

/// A joiner that nobody added by then uses an external commit.
pub const CALL_JOIN_PATIENCE_MS: u64 = 1_000;

/// Joins gathered into one commit: enough for a meeting that starts on the hour, unnoticeable to the first.
pub const CALL_JOIN_GATHER_MS: u64 = 100;

/// The k-th live leaf commits after k times this, so that one commits and the rest see it.
pub const CALL_COMMITTER_STEP_MS: u64 = 150;

/// Entries that the server keeps of a call for those who reconnect. Beyond: the client joins anew.
pub const MAX_CALL_LOG: usize = 4_096;

/// Largest SDP in bytes; an offer of 50 slots is 112 kB. Beyond: `too_large`.
pub const MAX_SDP_LEN: usize = 256 * 1024;

/// Largest SDP of a [`crate::socket::MediaTrial`] in bytes: one m-line of audio has 2 kB. Beyond: `too_large`.
pub const MAX_TRIAL_SDP_LEN: usize = 16 * 1024;

/// How long a connection that tries the network may last: longer than its client waits, so that a slow one still counts.
/// Beyond: the SFU forgets it.
pub const MEDIA_TRIAL_LIFE_MS: u64 = 15_000;

/// Receiving audio slots per subscriber: who speaks at once is rarely more than three.
pub const MAX_AUDIO_SLOTS: usize = 5;

/// The same where voices go out at a constant bitrate, so that nobody but the receivers knows who speaks: all are heard in
/// all but large calls. More costs every receiver more of its way, fewer lets voices take turns sooner. Beyond: an offer
/// is refused.
pub const MAX_CONSTANT_AUDIO_SLOTS: usize = 15;

/// Receiving video slots per subscriber: the largest grid. str0m's cost per packet grows with m-lines.
pub const MAX_VIDEO_SLOTS: usize = 25;

/// WebSocket heartbeat: below the usual 60 s of proxies.
pub const HEARTBEAT_MS: u64 = 20_000;

/// A connection that showed no sign of life for this long is dead.
pub const HEARTBEAT_TIMEOUT_MS: u64 = 50_000;

/// Longest name of a guest in bytes: fits real names, and keeps the lobby readable. Beyond: refused in the page, and no
/// pass.
pub const MAX_GUEST_NAME_LEN: usize = 64;

/// Longest life of a guest link: a link that lies around in mails should not let anybody knock for long. Beyond: refused.
pub const MAX_GUEST_LINK_LIFE_MS: u64 = 7 * 24 * 60 * 60 * 1000;

/// Guest links of a room that let in at a time; more than anybody keeps apart. Beyond: `full`.
pub const MAX_GUEST_LINKS: usize = 32;

/// Guests who wait at a room's door at a time. Each is shown to all members with a key package of some kilobytes. Beyond:
/// `full`, and the guest tries again.
pub const MAX_LOBBY: usize = 20;

/// Largest file in bytes, sealed and padded, where the administrator says nothing else. Beyond: `too_large`, and the
/// dialog says so before anything is sent.
pub const MAX_FILE_LEN: u64 = 5 * 1024 * 1024 * 1024;

/// Longest part of an upload in bytes. Longer parts save requests, shorter ones lose less when a connection breaks in
/// the middle of one behind a proxy that gathers bodies. Beyond: `too_large`.
pub const MAX_PART_LEN: u64 = 8 * 1024 * 1024;

/// Length of an upload's secret in bytes.
pub const UPLOAD_SECRET_LEN: usize = 32;

/// Longest ID video: long enough to say six words and a name without haste. Longer ones nobody watches to the end, as
/// accepting asks of them. Beyond: recording stops; what is longer is no ID video for who receives it.
pub const MAX_ID_VIDEO_MS: u64 = 20_000;

/// Largest ID video in bytes, sealed: [`MAX_ID_VIDEO_MS`] at 4 Mbit/s have 10 MB. The server keeps one of each user for
/// ever. Beyond: `too_large`.
pub const MAX_ID_VIDEO_LEN: u64 = 16 * 1024 * 1024;

/// Longest address of a browser at a push service, in bytes: those in use have about 250. Beyond: the frame is `malformed`.
pub const MAX_PUSH_ENDPOINT_LEN: usize = 1024;

/// Rooms of which a device says that they do not wake it. Beyond: `full`, and the rest wakes it.
pub const MAX_SILENT_ROOMS: usize = 1000;

/// Longest payload of a message that shows an ID video to who is not verified yet, in bytes: content of 768 bytes and what
/// MLS puts around it. Others have no room in it for much else. Beyond: `too_large`.
pub const MAX_INTRODUCTION_LEN: usize = 2 * 1024;

/// Contacts of a user of whom the server keeps how the user stands with them: more than networks have. Beyond: `full`.
pub const MAX_CONTACT_STANDINGS: usize = 10_000;
