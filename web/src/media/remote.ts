/** What is to be seen and heard of the others: pure, from what the core and the frame worker tell. */
import type { CallView } from "../core/generated/CallView";
import type { SlotView } from "../core/generated/SlotView";
import type { ReceiverState } from "../core/wire";
import type { MediaState, RemoteVideo } from "../state/media";
import type { Slot } from "./subscribe";

/** What the frame worker said of a receiver. */
export interface Heard {
  readonly state: ReceiverState;
  /** Whom the last frame that opened was from. */
  readonly leaf: number | null;
}

export interface Placed {
  readonly slot: Slot;
  readonly view: SlotView;
}

/** Slots with whom they are for. */
export function placed(slots: readonly Slot[], views: readonly SlotView[]): Placed[] {
  return slots.flatMap((slot) => {
    const view = slot.mid === null ? undefined : views.find(({ mid }) => mid === slot.mid);
    return view ? [{ slot, view }] : [];
  });
}

/** Whether a slot may be played: a frame of the very one it is for has opened. Keeps on while it is only quiet. */
export function playable({ view }: Placed, heard: Heard | undefined): boolean {
  return heard !== undefined && heard.leaf === view.leaf && heard.state === "live";
}

/** A picture for each camera, and for each shared screen, of the others. */
export function remoteVideos(
  call: CallView | null,
  slots: readonly Placed[],
  heard: ReadonlyMap<number, Heard>,
): RemoteVideo[] {
  const others = call?.participants.filter(({ this_device }) => !this_device) ?? [];
  return others.flatMap(({ leaf, camera, screen }) => {
    const video = (kind: "camera" | "screen", on: boolean): RemoteVideo => {
      const place = slots.find(({ view }) => view.leaf === leaf && view.kind === kind);
      const state = on ? mediaState(place, place && heard.get(place.slot.id)) : "off";
      return { leaf, kind, state, stream: place?.slot.stream ?? null };
    };
    return screen ? [video("camera", camera), video("screen", screen)] : [video("camera", camera)];
  });
}

function mediaState(place: Placed | undefined, heard: Heard | undefined): MediaState {
  // Frames that come and do not open are no matter of the connection, whatever the server says.
  if (heard?.state === "waiting-for-key") return "waiting-for-key";
  if (place?.view.paused) return "paused";
  if (!place || !heard || heard.state === "idle") return "connecting";
  return heard.leaf === place.view.leaf ? "live" : "connecting";
}

export function sameVideos(a: readonly RemoteVideo[], b: readonly RemoteVideo[]): boolean {
  return (
    a.length === b.length &&
    a.every((video, index) => {
      const other = b[index];
      return (
        other !== undefined &&
        video.leaf === other.leaf &&
        video.kind === other.kind &&
        video.state === other.state &&
        video.stream === other.stream
      );
    })
  );
}
