/** An emoji to react with, and what follows `emoji.` in the key of its name. */
export type Emoji = readonly [emoji: string, name: string];

/** What most people want, at hand. */
export const QUICK_EMOJI = [
  ["👍", "thumbs_up"], ["❤️", "heart"], ["😂", "tears_of_joy"], ["😮", "surprised"], ["😢", "sad"], ["🙏", "folded_hands"],
] as const satisfies readonly Emoji[];

/** The others. No letters in them: the core takes only what is no word (`client-core/src/messages/acts.rs`). */
export const MORE_EMOJI = [
  ["😀", "grinning"], ["😄", "laughing"], ["😅", "relieved"], ["😊", "smiling"], ["🙂", "slight_smile"], ["😉", "winking"], ["😍", "heart_eyes"], ["😎", "sunglasses"],
  ["🤔", "thinking"], ["🙄", "rolling_eyes"], ["😐", "neutral"], ["😬", "grimacing"], ["😴", "sleeping"], ["😭", "crying"], ["😡", "angry"], ["😱", "screaming"],
  ["🤗", "hugging"], ["🥳", "partying"], ["🤯", "mind_blown"], ["🤷", "shrugging"], ["🙈", "see_no_evil"], ["👎", "thumbs_down"], ["👏", "clapping"], ["🙌", "raised_hands"],
  ["👋", "waving"], ["🤝", "handshake"], ["✌️", "victory"], ["👌", "ok"], ["💪", "strong"], ["👀", "eyes"], ["🎉", "celebrate"], ["🔥", "fire"],
  ["⭐", "star"], ["✅", "done"], ["❌", "cross"], ["❓", "question"], ["❗", "exclamation"], ["💯", "hundred"], ["🚀", "rocket"], ["☕", "coffee"],
] as const satisfies readonly Emoji[];

/** Emoji in a row of the picker: as many as fit beside each other on the narrowest phone. */
export const SIGNS_PER_ROW = 8;
