/** The limits of `protocol/src/limits.rs` that matter here. What a person can type is counted in bytes of UTF-8. */
export const MAX_TEXT_LEN = 16 * 1024;
export const MAX_TITLE_LEN = 200;
export const MAX_NAME_LEN = 128;
export const MAX_AUDIO_SLOTS = 5;
export const MAX_CONSTANT_AUDIO_SLOTS = 15;
export const MAX_VIDEO_SLOTS = 25;

/** As many messages of a call as the core keeps (`client-core/src/limits.rs`); beyond, the oldest go. */
export const MAX_CALL_MESSAGES = 500;

const encoder = new TextEncoder();

/** By how many bytes `text` is too long; 0 when it fits. */
export function excess(text: string, limit: number): number {
  return Math.max(0, encoder.encode(text).length - limit);
}

/** Who waits before a locked call knocks so often. Shorter costs the server for nothing, longer lets people wait in vain. */
export const LOCKED_RETRY_MS = 5_000;

/** What a room says of itself; as in `client-core/src/limits.rs`. */
export const MAX_ROOM_ABOUT_LEN = 1_000;

/** One's own quick replies, and the characters of one; as in `client-core/src/limits.rs`. */
export const MAX_QUICK_REPLIES = 6;
export const MAX_QUICK_REPLY_LEN = 60;

/** Members of a room up to which there are receipts; as in `client-core/src/limits.rs`. */
export const MAX_RECEIPT_MEMBERS = 20;

/** Likewise up to which it shows who is typing. */
export const MAX_TYPING_MEMBERS = 20;
