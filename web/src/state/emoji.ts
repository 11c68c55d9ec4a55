/** A sign to be put on a message, and what follows `emoji.` in the key of its name. */
export type Emoji = readonly [sign: string, name: string];

/** What most people want, at hand. */
export const QUICK_SIGNS = [
  ["👍", "thumbs_up"], ["❤️", "heart"], ["😂", "tears_of_joy"], ["😮", "surprised"], ["😢", "sad"], ["🙏", "folded_hands"],
] as const satisfies readonly Emoji[];

/** The others. No letters in them: the core takes only what is no word (`client-core/src/messages/acts.rs`). */
export const MORE_SIGNS = [
  ["😀", "grinning"], ["😄", "laughing"], ["😅", "relieved"], ["😊", "smiling"], ["🙂", "slight_smile"], ["😉", "winking"], ["😍", "heart_eyes"], ["😎", "sunglasses"],
  ["🤔", "thinking"], ["🙄", "rolling_eyes"], ["😐", "neutral"], ["😬", "grimacing"], ["😴", "sleeping"], ["😭", "crying"], ["😡", "angry"], ["😱", "screaming"],
  ["🤗", "hugging"], ["🥳", "partying"], ["🤯", "mind_blown"], ["🤷", "shrugging"], ["🙈", "see_no_evil"], ["👎", "thumbs_down"], ["👏", "clapping"], ["🙌", "raised_hands"],
  ["👋", "waving"], ["🤝", "handshake"], ["✌️", "victory"], ["👌", "ok"], ["💪", "strong"], ["👀", "eyes"], ["🎉", "celebrate"], ["🔥", "fire"],
  ["⭐", "star"], ["✅", "done"], ["❌", "cross"], ["❓", "question"], ["❗", "exclamation"], ["💯", "hundred"], ["🚀", "rocket"], ["☕", "coffee"],
] as const satisfies readonly Emoji[];

/** Signs in a row of the picker: as many as fit beside each other on the narrowest phone. */
export const SIGNS_PER_ROW = 8;
