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

/**
 * Every text that a person reads, in English.
 *
 * A value is a text with `{named}` places, or one text for each plural category of its `count`. A code that comes
 * from the core has its text under `error.`, `notice.`, `signed_out.` or `room_event.`; where the core gives
 * values with the code, `<code>.named` may name them and is taken when all of them are there.
 *
 * An error says what happened and what to do.
 */
export const en = {
  ...account,
  ...rooms,
  ...messages,
  ...writing,
  ...emoji,
  ...files,
  ...call,
  ...statistics,
  ...media,
  ...codes,
  ...contacts,
} as const;
