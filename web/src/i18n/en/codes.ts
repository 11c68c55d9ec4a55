/** Notices and errors by their code. An error says what happened and what to do. */
export const codes = {
  "notice.unknown": "Something needs your attention ({code}).",
  "notice.removed_from_room": "You were removed from a room.",
  "notice.removed_from_room.named": "You were removed from “{title}”.",
  "notice.rolled_back":
    "The data of this device is older than what the server has seen, as after restoring a backup. Its old keys were thrown away, and the device joins its rooms anew by itself. If you restored nothing, someone may have a copy of it: revoke this device under Devices.",
  "notice.version_mismatch": "The server was updated. Load this page again when it suits you.",
  "notice.server_untrusted": "The server sent something that does not hold. It was refused, and nothing of yours was sent.",
  "notice.own_state_full":
    "What your devices share (titles, what was read, whose keys were seen) has become too large to be stored on the server. This device goes on; your other devices do not learn what is new. Leaving rooms that you do not need makes it smaller.",
  "notice.call_messages_lost": "The call is over for you, and something that you wrote in its chat was not sent.",
  "notice.call_locked": "The call is locked, so this device could not come back into it.",
  "notice.moderation_refused": "The server did not take this change to the call. Look whether you still are a moderator, and try again.",
  "notice.act_refused":
    "The server refused a change to a message (an edit, a sign or a deletion), so it was undone. Look whether you are still in the room, and try again.",
  "notice.store_failed": "This device could not store something. Free some disk space; unsent messages may be lost when you close the page.",

  "error.unknown": "That did not work ({code}). Try again; if it stays, tell your administrator this code.",
  "error.malformed": "The server did not understand this. Load the page again; if it stays, tell your administrator.",
  "error.too_large": "This is larger than the server takes. Make it smaller or send it in parts.",
  "error.unauthenticated": "Your session has ended. Sign in again.",
  "error.forbidden": "You are not allowed to do this. A moderator of the room or your administrator can.",
  "error.not_found": "This is not here, or not yours to see. It may have been deleted.",
  "error.rate_limited": "Too many attempts. Wait a few minutes, then try again.",
  "error.rate_limited.named": "Too many attempts. Try again in {wait}.",
  "error.wrong_password": "Email and password do not fit. Check both for typing errors and try again.",
  "error.invitation_used":
    "This invitation is unknown or was used already. If you have made your account, sign in; else ask your administrator for a new link.",
  "error.invitation_expired": "This invitation has expired. Ask your administrator for a new link.",
  "error.already_registered": "This address has an account already. Sign in instead.",
  "error.stale_epoch": "Someone else changed this room at the same moment. Try again.",
  "error.conflict": "Someone else changed this at the same moment. Look at the new state and try again.",
  "error.duplicate_id": "This was sent already. Load the page again if you do not see it.",
  "error.commit_refused": "The server refused this change to the room, because it breaks a rule of the room.",
  "error.bad_signature": "A signature does not hold. Nothing was changed. Load the page again; if it stays, tell your administrator.",
  "error.too_many_devices": "Your account has the most devices allowed. Revoke one under Devices on another device, then sign in here.",
  "error.full": "There is no room for more people.",
  "error.rollback":
    "The data of this device is older than what the server has seen. The device repairs itself; wait a moment and try again.",
  "error.version_mismatch": "This page is older or newer than the server. Load it again.",
  "error.unavailable": "The server cannot do this now. Try again in a moment.",
  "error.internal": "The server made a fault. Try again; if it stays, tell your administrator.",
  "error.too_many_unsent": "Too much of what you wrote waits to be sent. Wait until the connection is back, then try again.",
  "error.offline": "There is no connection to the server. Check your network and try again.",
  "error.password_too_weak": "This password is too easy to guess. Make it longer: several unrelated words work well.",
  "error.text_too_long": "This text is too long for one message. Shorten it or send it in parts.",
  "error.title_too_long": "This room name is too long. Shorten it.",
  "error.name_too_long": "This name is too long. Shorten it.",
  "error.email_malformed": "An email address looks like name@example.org. Check it for typing errors.",
  "error.email_malformed.named": "“{email}” is no email address. It should look like name@example.org.",
  "error.person_unknown": "Nobody with this email address was found. Check the spelling, or ask your administrator to invite them.",
  "error.person_unknown.named":
    "Nobody with the address {email} was found. Check the spelling, or ask your administrator to invite them.",
  "error.identity_changed":
    "The identity key of someone is not the one that this device knows. Ask them in another way before you go on; nothing was sent to them.",
  "error.identity_changed.named":
    "The identity key of {email} is not the one that this device knows. Ask them in another way whether they have a new account; nothing was sent to them.",
  "error.room_gone": "This room is not here any more. You may have been removed from it.",
  "error.call_locked": "This call is locked. Wait until it is unlocked, or ask someone who is in it.",
  "error.call_removed": "A moderator removed you from this call. You can come into the next one.",
  "error.call_ended": "A moderator ended this call. Start a new one from the room.",
  "error.link_expired": "The time of this link is over. Ask whoever sent it for a new one.",
  "error.link_revoked": "This link was taken back. Ask whoever sent it for a new one.",
  "error.link_unknown": "Nobody knows this link. Ask whoever sent it whether it is complete, or for a new one.",
  "error.link_malformed": "This link is not complete. Copy the whole address, with everything behind the #.",
  "error.guest_name": "This name cannot be shown. Use letters, and not more than {max} of them.",
  "error.guest_denied": "Nobody let you in: your request was turned down. Ask whoever sent you the link.",
  "error.guest_gone": "This guest does not wait any more.",
  "error.call_gone": "The call is over. Start a new one from the room.",
  "error.store_failed": "This device could not store it. Free some disk space and try again; a private window may not store at all.",
  "error.not_ready": "This is not ready yet. Wait a moment and try again.",
  "error.server_untrusted":
    "The server sent something that does not hold, so this was stopped. Nothing of yours was sent. Tell your administrator.",
  "error.other_account": "This device still holds the messages of another account. Sign in to that one, or erase what is stored here first.",
  "error.other_account.named":
    "This device still holds the messages of {email}. Sign in with that address, or erase what is stored here first.",
  "error.email_differs":
    "The server answered for another email address than yours, so this was stopped: no account key signed for it. Tell your administrator.",
  "error.no_encoded_transforms":
    "This browser cannot encrypt calls end to end, and a call without encryption is not offered. Use Chrome, Edge or another Chromium from version 141, Firefox from version 117, or a current Safari.",
  "error.core_failed": "The part that holds your keys stopped. Load the page again; your messages are stored on this device.",
} as const;
