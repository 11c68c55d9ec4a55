/** Where one writes, and how long what is written lives. */
export const writing = {
  "writing.answering": "Reply to {name}",
  "writing.cancel_reply": "Cancel reply",
  "writing.editing": "Editing message",
  "writing.cancel_edit": "Cancel editing",
  "writing.save": "Save",
  "writing.hint_edit": "Enter saves, Esc keeps the old text",
  "writing.members": "Members",
  "writing.offered": {
    one: "{count} member. Press Enter to name {name}.",
    other: "{count} members, {name} first. Arrow keys choose, Enter takes.",
  },

  "typing.one": "{name} is typing…",
  "typing.two": "{names} are typing…",
  "typing.many": "Several people are typing…",

  "quick.title": "Quick replies",
  "quick.yes": "Yes",
  "quick.no": "No",
  "quick.thanks": "Thank you",
  "quick.later": "I’ll answer later",

  "timers.button": "Timer for what you write",
  "timers.after_sending": "Delete after sending",
  "timers.after_reading": "Delete after reading",
  "timers.off": "Off",
  "timers.as_room": "As in the room: {time}",
  "timers.none": "Not set",
  "timers.chip.ttl": "Deletes {ttl} after sending",
  "timers.chip.burn": "Deletes {burn} after reading",
  "timers.chip.both": "Deletes {burn} after reading, at most {ttl} after sending",
  "timers.clear": "Remove timer",
  "timers.copies": "A timer cannot stop somebody from copying what they read: copies, photos and notes stay.",

  "details.timers": "Disappearing messages",
  "details.timers_text": "New messages are deleted from everybody’s devices when their time is over. Each member can choose shorter times for what they write.",
  "details.timers.none": "Messages in this room stay until somebody deletes them.",
  "details.timers.ttl": "New messages are deleted {ttl} after sending.",
  "details.timers.burn": "New messages are deleted {burn} after reading.",
  "details.timers.both": "New messages are deleted {burn} after reading, and at most {ttl} after sending.",
  "details.timers.moderator": "Only moderators of the room can change this.",
} as const;
