import { factsAbout } from "../../files/facts";
import type { Words } from "../../files/noted";
import type { VoiceNote } from "../../files/recording";
import type { RoomView } from "../../core/generated/RoomView";
import type { Timers } from "../../state/timers";
import { useApp } from "../app/context";

/** What is said with files: as of a text. */
export interface SaidWith {
  readonly text: string;
  readonly replyTo: string | null;
  readonly mentions: string[];
  readonly timers: Timers;
}

interface SendingFiles {
  /** All that is in the tray. The text stands with the first. */
  readonly sendTray: (said: SaidWith) => Promise<void>;
  readonly sendVoice: (note: VoiceNote, said: SaidWith) => void;
}

const ENDINGS: Readonly<Record<string, string>> = { "audio/webm": "webm", "audio/mp4": "m4a", "audio/ogg": "ogg" };

export function useSendingFiles(room: RoomView): SendingFiles {
  const { files, t } = useApp();
  const roomId = room.room_id;
  const lives = (timers: Timers): Pick<Words, "ttlMs" | "burnMs"> => ({ ttlMs: shorter(timers.ttlMs, room.ttl_ms), burnMs: timers.burnMs });
  return {
    sendTray: async (said) => {
      const { chosen, maySave } = files.trays.take(roomId);
      for (const [index, { file, fromDisk }] of chosen.entries()) {
        const facts = await factsAbout(file, file.name === "" ? t("files.unknown_name") : file.name, maySave);
        const words = index === 0 ? said : { ...said, text: "", replyTo: null, mentions: [] };
        files.uploads.send(roomId, { file, facts, words: { ...words, ...lives(said.timers), fromDisk } });
      }
    },
    sendVoice: ({ blob, mediaType, durationMs, waveform }, said) => {
      const name = `${t("voice.name")}.${ENDINGS[mediaType] ?? "audio"}`;
      const facts = { name, mediaType, maySave: true, dimensions: null, durationMs, waveform, thumbnail: null };
      files.uploads.send(roomId, { file: blob, facts, words: { ...said, ...lives(said.timers), fromDisk: false } });
    },
  };
}

/** The room's time holds for what has none of its own, too; 0 is none. */
export function shorter(own: number | null, room: number): number | null {
  if (room === 0) return own;
  return own === null ? room : Math.min(own, room);
}
