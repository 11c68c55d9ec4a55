import { expect, test } from "vitest";
import { failureText, noticeText, roomEventText, signedOutText } from "./codes";
import { account } from "./en/account";
import { call } from "./en/call";
import { codes } from "./en/codes";
import { contacts } from "./en/contacts";
import { emoji } from "./en/emoji";
import { files } from "./en/files";
import { media } from "./en/media";
import { messages } from "./en/messages";
import { rooms } from "./en/rooms";
import { statistics } from "./en/statistics";
import { writing } from "./en/writing";
import { en } from "./en";
import { translator } from "./translate";

const t = translator("en-GB");

// The codes that client-core and the server have (`client-core/src/api/mod.rs`, `protocol::Code`).
const ERRORS =
  "offline password_too_weak text_too_long title_too_long name_too_long email_malformed person_unknown " +
  "room_gone call_gone store_failed not_ready server_untrusted malformed too_large unauthenticated " +
  "forbidden not_found rate_limited wrong_password invitation_used invitation_expired " +
  "already_registered stale_epoch conflict unavailable too_many_devices version_mismatch internal " +
  "call_locked call_removed call_ended core_failed no_encoded_transforms identity_changed email_differs other_account too_many_unsent " +
  "link_expired link_revoked link_unknown link_malformed guest_denied guest_gone " +
  "file_other wrong_offset quota_exceeded storage_full file_expired file_changed file_unreadable file_damaged file_cancelled file_store_full " +
  "verify_first not_verified contact_declined outside_contacts_off id_video_refused id_video_old id_video_empty push_refused password_differs too_many_saved " +
  "pairing_code_malformed pairing_unknown pairing_taken pairing_over pairing_unsure pairing_differs";

const NOTICES = "removed_from_room room_ended room_deleted room_lost rolled_back server_untrusted store_failed version_mismatch own_state_full call_messages_lost call_locked moderation_refused act_refused";

test("every known error and notice has a text of its own", () => {
  const unknown = failureText(t, { code: "surely_not_known", params: {} });
  expect(unknown).toContain("surely_not_known");
  for (const code of ERRORS.split(" ")) expect(failureText(t, { code, params: {} }), code).not.toContain(code);
  for (const code of NOTICES.split(" ")) expect(noticeText(t, { code, params: {} }), code).not.toContain(code);
});

test("a text names what the core named", () => {
  const params = { email: "bob@example.org" };
  expect(failureText(t, { code: "person_unknown", params })).toContain("bob@example.org");
  expect(failureText(t, { code: "person_unknown", params: {} })).not.toContain("{");
  expect(noticeText(t, { code: "removed_from_room", params: { title: "Plans" } })).toContain("Plans");
});

test("why one was signed out is said, whatever the reason", () => {
  for (const reason of ["device_revoked", "store_lost", "core_failed", "another"]) {
    expect(signedOutText(t, reason)).toMatch(/\w/);
  }
});

function text(code: string, params: Record<string, string>): string {
  return roomEventText(t, { code, params }, "Rita");
}

test("what happened in a room names whom it happened to", () => {
  expect(text("added", { by: "Rita", who: "Bob" })).toBe("Rita added Bob");
  expect(text("added_you", { by: "Rita" })).toBe("Rita added you");
  expect(text("removed", { by: "Rita", who: "Bob" })).toBe("Rita removed Bob");
  expect(text("left", { by: "Rita", who: "Bob" })).toBe("Bob left");
  expect(text("device_added", { who: "Bob" })).toBe("Bob added a device");
  expect(text("added", { by: "Rita" })).toBe("Rita added someone");
});

// The codes of `BodyView::RoomEvent` (`client-core/src/api/views.rs`).
const EVENTS =
  "created added added_you removed removed_by_server left renamed about_set about_removed picture_set picture_removed device_added call_started call_declined call_missed id_video founded_anew " +
  "constant_bitrate_on constant_bitrate_off ttl_set burn_set timers_set timers_off end_set end_off guest_link_made guest_link_revoked";

test("whatever happens in a room has a text of its own", () => {
  const unknown = text("surely_not_known", {});
  for (const code of EVENTS.split(" ")) expect(text(code, {}), code).not.toBe(unknown);
});

test("the times of a room are told in words", () => {
  const [day, minutes] = [String(86_400_000), String(300_000)];
  expect(text("ttl_set", { ttl_ms: day, burn_ms: "0" })).toBe("Rita set new messages to be deleted 1 day after sending");
  expect(text("burn_set", { ttl_ms: "0", burn_ms: minutes })).toBe("Rita set new messages to be deleted 5 minutes after reading");
  expect(text("timers_set", { ttl_ms: day, burn_ms: minutes })).toContain("5 minutes after reading, and at most 1 day after sending");
  expect(text("end_set", { ends_at: String(Date.UTC(2026, 11, 3, 12)) })).toMatch(/Rita set this room to end on .*2026/);
  expect(text("end_set", { ends_at: "soon" })).toBe("Rita set a time at which this room ends");
  expect(text("ttl_set", { ttl_ms: "soon" })).toBe("Rita set a time after which new messages are deleted");
});

test("no text of one area hides that of another", () => {
  const keys = [account, call, codes, contacts, emoji, files, media, messages, rooms, statistics, writing].flatMap((area) => Object.keys(area));
  expect(keys.toSorted()).toEqual(Object.keys(en).toSorted());
});
