//! Limits of the device. Each says why it is what it is, and what happens beyond it.

/// Messages of one sender that may be missing before the next one opens: all that were trimmed while this device
/// was away. Senders renew their keys more often than that. Beyond: the message is refused, the room resyncs.
pub(crate) const MAX_SKIPPED_MESSAGES: u32 = 1_000;

/// Shortest password in characters. Argon2id makes a guess cost; the length makes there be enough of them.
/// Below: `password_too_weak`.
pub(crate) const MIN_PASSWORD_LEN: usize = 10;

/// Own messages after which a device renews its leaf: half of [`MAX_SKIPPED_MESSAGES`]. More risks receivers that
/// were away, fewer costs commits.
pub(crate) const UPDATE_AFTER_MESSAGES: u32 = 500;

/// Time after which a device renews its leaf once it sends: bounds how long a stolen state opens messages.
pub(crate) const UPDATE_AFTER_MS: u64 = 7 * 24 * 60 * 60 * 1000;

/// How long the server may keep a device waiting for what it knows to exist (an own commit in the log, a welcome,
/// an answer) before the room is shown as stale. Shorter alarms on slow networks, longer hides a server that
/// withholds.
pub(crate) const STALE_AFTER_MS: u64 = 15_000;

/// The k-th leaf of a room commits what the server asked for after k times this, so that one commits and the rest
/// see it.
pub(crate) const ROOM_COMMITTER_STEP_MS: u64 = 500;

/// External commits in a row that may fail before the room is given up until a moderator founds it anew. One, as
/// more would let a bad member keep everybody committing.
pub(crate) const MAX_RESYNCS: u8 = 1;

/// External commits that may lose against others before the device waits a while.
pub(crate) const MAX_JOIN_RACES: u8 = 8;

/// First wait before connecting again; doubles up to [`RECONNECT_MAX_MS`], with as much jitter again.
pub(crate) const RECONNECT_FIRST_MS: u64 = 500;

/// How long a connection has to say something where there is reason to doubt that it leads anywhere. Longer than the way by
/// satellite and back; a new connection that was not needed costs a moment.
pub(crate) const NUDGE_PATIENCE_MS: u64 = 1_000;

/// Longest wait before connecting again: below what people wait for, above what hurts a server that comes back.
pub(crate) const RECONNECT_MAX_MS: u64 = 30_000;

/// Wait after another connection of the same device took over: the two must not chase each other.
pub(crate) const REPLACED_WAIT_MS: u64 = 60_000;

/// Own state is written this long after a change, so that several changes are one write.
pub(crate) const OWN_STATE_DELAY_MS: u64 = 1_500;

/// Own state that is larger than the server takes is tried again after this long: making it costs a megabyte of
/// sealing, and only leaving rooms makes it smaller.
pub(crate) const OWN_STATE_FULL_WAIT_MS: u64 = 60 * 60 * 1000;

/// Batches by which a server may say that a device is behind its own state. No device writes as many; a jump to the
/// end of the numbers would end *persist, then send* and the recognition of old states. Beyond: `server_untrusted`.
pub(crate) const MAX_BATCH_JUMP: u64 = 1 << 32;

/// Batches have lower numbers than this, as a browser counts no further without gaps. From there on the store has
/// failed, and a server that tells of such a number is not believed.
pub(crate) const BATCH_END: u64 = 1 << 53;

/// Wait before asking again for what was refused for the moment (`rate_limited`, `unavailable`) without a time.
pub(crate) const RETRY_MS: u64 = 3_000;

/// What is due and cannot be done yet is looked at again after this long, beside each input. Shorter keeps a computer
/// awake for nothing, longer is long where an input was not all that it waited for.
pub(crate) const OVERDUE_MS: u64 = 3_000;

/// Messages in one page of a room.
pub(crate) const MESSAGES_PER_PAGE: usize = 60;

/// Characters of a message in the list of rooms.
pub(crate) const PREVIEW_LEN: usize = 120;

/// Age at which the key package of last resort is replaced.
pub(crate) const LAST_RESORT_LIFE_MS: u64 = 30 * 24 * 60 * 60 * 1000;

/// Age at which the secrets of a key package that nobody used are forgotten: beyond all retention of the server.
pub(crate) const KEY_PACKAGE_LIFE_MS: u64 = 90 * 24 * 60 * 60 * 1000;

/// How long a call rings. Shorter is too short to fetch a phone from another room, longer keeps the caller waiting for who
/// is not there. After that the call counts as missed.
pub(crate) const RING_MS: u64 = 45_000;

/// Calls of a direct room that are remembered as having rung, so that saying again that one began does not make it ring
/// again. More only costs memory. Beyond: the oldest could ring once more.
pub(crate) const MAX_RUNG_CALLS: usize = 16;

/// The lowest live leaf of a call renews the keys this often: there is no ratchet inside an epoch.
pub(crate) const CALL_RENEW_MS: u64 = 10 * 60 * 1000;

/// Senders use a new epoch this long after they know it, so that receivers have the key by then.
pub(crate) const CALL_SWITCH_MS: u64 = 300;

/// Keys of an earlier epoch open frames that were on their way for so long.
pub(crate) const CALL_RETIRE_MS: u32 = 10_000;

/// Likewise after a removal: short, for the removed one has the key.
pub(crate) const CALL_RETIRE_REMOVED_MS: u32 = 2_000;

/// How long a commit waits for the room to show who the newcomer is. Longer delays everybody's keys.
pub(crate) const CALL_CATCH_UP_MS: u64 = 2_000;

/// Those who are in a call tell a newcomer of themselves within this time, not all at once.
pub(crate) const CALL_PRESENCE_SPREAD_MS: u64 = 200;

/// What a device wants to say in a call and has not sent yet. More is more than anybody types while a connection is
/// lost; fewer refuses what one types meanwhile. Beyond: `too_many_unsent`.
pub(crate) const MAX_CALL_OUTBOX: usize = 64;

/// How long a guest who was let in waits for the proof that it was by a member. Shorter fails on slow networks, longer
/// shows a person an empty call for longer. Beyond: `server_untrusted`.
pub(crate) const GUEST_VOUCH_MS: u64 = 15_000;

/// Messages of a call that a device keeps, in memory alone. More lets a talkative call hold memory, fewer cuts off what
/// one may still want to read. Beyond: the oldest go.
pub(crate) const MAX_CALL_MESSAGES: usize = 500;

/// Ids of what was said in a call, by which the same is not taken twice after the call's group was founded anew. Far more
/// than can be on its way at that moment. Beyond: the oldest are forgotten.
pub(crate) const MAX_CALL_SEEN: usize = 1_024;

/// Longest name of a file in bytes, as file systems have it. Beyond: no descriptor, and cut by who sends it.
pub(crate) const MAX_FILE_NAME_LEN: usize = 255;

/// Longest media type in bytes (RFC 6838 §4.2: 127 for each half; none that exists is half as long as this). Beyond: no
/// descriptor.
pub(crate) const MAX_MEDIA_TYPE_LEN: usize = 127;

/// Most pixels of a side of a picture, as browsers can show it. Beyond: no descriptor.
pub(crate) const MAX_PICTURE_SIDE: u32 = 65_535;

/// Parts of a voice note's waveform: as many as fit on a phone's screen. Beyond: no descriptor.
pub(crate) const MAX_WAVEFORM_LEN: usize = 64;

/// Longest description of a room in bytes: some sentences under its title. Beyond: `text_too_long`.
pub(crate) const MAX_ROOM_ABOUT_LEN: usize = 1_000;

/// Largest thumbnail in bytes: it travels in the message, to every device, whether the picture is looked at or not.
/// Beyond: no descriptor.
pub(crate) const MAX_THUMBNAIL_LEN: usize = 8 * 1024;

/// Uploads that were begun and neither sent nor dropped: as many as the server lets a user have. Beyond: `too_many_unsent`.
pub(crate) const MAX_NOTED_UPLOADS: usize = 64;

/// Bytes that the user interface may keep with such an upload: the text that goes with the file, twice over for what JSON
/// escapes, a thumbnail and a waveform. Beyond: `too_large`.
pub(crate) const MAX_ABOUT_LEN: usize = 64 * 1024;

/// A token that is refused though it is younger than this is not what is wrong: no other is asked for. Shorter makes a
/// server that refuses all of them see a new session at each request, longer holds uploads up for as long.
pub(crate) const TOKEN_DOUBT_MS: u64 = 30_000;

/// Reactions of one device in [`REACTION_WINDOW_MS`]: applause, but no flood. Beyond: `rate_limited`.
pub(crate) const MAX_REACTIONS: u32 = 5;

/// Window of [`MAX_REACTIONS`].
pub(crate) const REACTION_WINDOW_MS: u64 = 3_000;

/// What somebody asks of this device, in the time of [`REACTION_WINDOW_MS`]: more would make a question that was put
/// away come back at once. Beyond: not heard.
pub(crate) const MAX_ASKS_HEARD: u32 = 3;

/// A reaction, or what one asks of others, that could not be sent for so long is not sent any more: the moment is over.
pub(crate) const CALL_PASSING_MS: u64 = 10_000;

/// Reactions of one device that others show in [`REACTION_WINDOW_MS`]: those of two windows, which a slow network may
/// bring together. Beyond: dropped.
pub(crate) const MAX_REACTIONS_SHOWN: u32 = 2 * MAX_REACTIONS;

/// Length in bytes of a reaction to a message: the longest emoji are families of four with their joiners. Beyond: refused, or
/// not heard.
pub(crate) const MAX_EMOJI_LEN: usize = 40;

/// Reactions of one person to one message. More is a wall that hides what was said. Beyond: refused, or not heard.
pub(crate) const MAX_REACTIONS_BY_ONE: usize = 8;

/// Different reactions that one person may ever have given to one message, those taken back among them, of which each device keeps
/// when. Beyond: no further one.
pub(crate) const MAX_REACTIONS_TRIED: usize = 4 * MAX_REACTIONS_BY_ONE;

/// People that one message may name apart. More is everybody. Beyond: the rest is not named.
pub(crate) const MAX_MENTIONS: usize = 64;

/// How often the clock's time is stored while messages are to end by it. Longer lets them live as much longer where the
/// clock is set back while the program does not run, shorter writes more.
pub(crate) const CLOCK_STORED_MS: u64 = 60_000;

/// Readings by other own devices of what this one does not have yet, for each room. Beyond: they become one, at the
/// earliest of their times.
pub(crate) const MAX_READ_AHEAD: usize = 64;

/// Messages of a contact that wait, in a direct room, for the contact to be verified. The server refuses what is sent
/// meanwhile, so that they are few: what was on its way. Beyond: they are passed over.
pub(crate) const MAX_ASIDE: usize = 200;

/// Messages that a search finds at once, the newest of all; more than one reads through. Beyond: the person is told that
/// there are more, and makes the query narrower.
pub(crate) const MAX_FOUND: usize = 50;

/// Saved messages that one has on a device at once: each is a hundred bytes of own state, and a list of more is no list of what
/// one comes back to. Beyond: `too_many_saved`.
pub(crate) const MAX_SAVED: usize = 500;

/// Short answers of one's own: what fits beside the message box.
pub(crate) const MAX_QUICK_REPLIES: usize = 6;

/// Characters of one of them.
pub(crate) const MAX_QUICK_REPLY_LEN: usize = 60;

/// Words of a query that count: more narrow nothing down.
pub(crate) const MAX_QUERY_WORDS: usize = 16;

/// Characters of a message that a result of a search shows: two lines of the list.
pub(crate) const FOUND_LEN: usize = 120;

/// How many of these stand before what was found.
pub(crate) const FOUND_BEFORE: usize = 30;

/// Longest draft in bytes, four times what can be sent: what was pasted is not lost while it is being made shorter.
/// Beyond: the draft stays as it was stored last.
pub(crate) const MAX_DRAFT_LEN: usize = 4 * protocol::limits::MAX_TEXT_LEN;

/// How long after reading a receipt says so: for what is read in the same moment, one is enough.
pub(crate) const READ_DELAY_MS: u64 = 1_000;

/// Likewise after messages came that nobody reads (yet); longer, for reading them often follows and says both.
pub(crate) const GOT_DELAY_MS: u64 = 4_000;

/// Receipts of several people, and of several devices of one, spread over so long: of two devices the slower one then
/// finds its receipt sent.
pub(crate) const RECEIPT_JITTER_MS: u64 = 1_000;

/// How long the server keeps a receipt for devices that are away. Later ones say the same and more; what is never read
/// again is left as it was.
pub(crate) const RECEIPT_LIFE_MS: u64 = 7 * 24 * 60 * 60 * 1000;

/// Members of a room up to which there are receipts. In larger ones each message would bring as many receipts, and who
/// has read what tells nobody much.
pub(crate) const MAX_RECEIPT_MEMBERS: usize = 20;

/// Who goes on typing says so again after this long. Shorter is more signs for the same, longer lets one that got lost show.
pub(crate) const TYPING_AGAIN_MS: u64 = 4_000;

/// How long one is shown as typing after the last sign: [`TYPING_AGAIN_MS`] and a slow way. Shorter flickers, longer shows
/// somebody who is gone.
pub(crate) const TYPING_SHOWN_MS: u64 = 6_000;

/// Members of a room up to which there are signs of who is typing: as for receipts, in larger ones somebody always is.
pub(crate) const MAX_TYPING_MEMBERS: usize = MAX_RECEIPT_MEMBERS;

/// How far the time of a sign may be from the device's own. Less drops the signs of people whose clocks are off, more lets
/// a server that kept a sign back show it later, to a device that has not seen it. Beyond: dropped.
pub(crate) const MAX_SIGN_SKEW_MS: u64 = 2 * 60 * 1000;

/// Words of keys that are kept in memory, for deriving them takes a second: more contacts than anybody looks at in a row.
/// Beyond: all are derived anew.
pub(crate) const MAX_WORDS_KEPT: usize = 64;

/// How often a device asks what the other one of a pairing said. Shorter is more requests while somebody types a code, longer
/// is a wait that is felt.
pub(crate) const PAIRING_ASK_MS: u64 = 1_000;

/// How long it waits where the server cannot be reached, or wants patience.
pub(crate) const PAIRING_RETRY_MS: u64 = 3_000;
