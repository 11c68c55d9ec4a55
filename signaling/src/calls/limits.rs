//! Limits of calls, beside those that clients know too (`protocol::limits`).

/// Bytes of entries that a call's log holds. Lower makes a phone that comes out of a tunnel join anew, higher
/// lets a chatty call hold memory. Beyond: the oldest entries go.
pub(super) const MAX_CALL_LOG_LEN: usize = 16 * 1024 * 1024;

/// How long it is known that a call was ended for everybody, so that who was cut off then begins no new one: longer than
/// a device comes back by itself. Longer holds some bytes of each such call.
pub(super) const ENDED_MEMORY_MS: u64 = 10 * 60 * 1000;

/// Times that a device may enter calls in a minute: a page reloaded every two seconds. Each one goes to every
/// member. Beyond: `rate_limited`.
pub(super) const MAX_JOINS_PER_MINUTE: u32 = 30;

/// Application messages of one device in a minute: reactions and chat come in bursts. Beyond: `rate_limited`.
pub(super) const MAX_MESSAGES_PER_MINUTE: u32 = 600;

/// Offers and intents of one device in a minute: a grid that is resized sends an intent several times a second.
/// Beyond: `rate_limited`.
pub(super) const MAX_MEDIA_REQUESTS_PER_MINUTE: u32 = 900;

/// Times that a device may try its network in a minute: once before each call, and again when the network changes. Each
/// takes a connection of the SFU. Beyond: `rate_limited`.
pub(super) const MAX_TRIALS_PER_MINUTE: u32 = 20;

/// Offers of one participant that wait for the SFU: both sides, and one more of each. Beyond: `rate_limited`.
pub(super) const MAX_WAITING_OFFERS: usize = 4;

/// Tracks in one offer: each kind, with room for some more sources. Beyond: `malformed`.
pub(super) const MAX_TRACKS: usize = 8;

/// Longest `a=mid` in bytes; browsers use one to four characters. Beyond: `malformed`.
pub(super) const MAX_MID_LEN: usize = 64;

/// Window of the limits per minute.
pub(super) const MINUTE_MS: u64 = 60_000;
