import userEvent from "@testing-library/user-event";
import { vi } from "vitest";
import type { CallView } from "../core/generated/CallView";
import type { RoomView } from "../core/generated/RoomView";
import { CallScreen } from "../ui/call/call-screen";
import { FakeCore } from "./fake-core";
import { show } from "./render";

/** A call on screen; `now` is what it becomes. */
export function inCall(call: CallView, change: Partial<RoomView> = {}) {
  const core = new FakeCore(true);
  core.call = call;
  const [first] = core.rooms;
  if (!first) throw new Error("no room");
  const room = { ...first, ...change };
  const onLeave = vi.fn<() => void>();
  const view = (now: CallView) => <CallScreen room={room} call={now} onLeave={onLeave} />;
  const shown = show(view(call), core);
  return {
    ...shown,
    onLeave,
    user: userEvent.setup({ delay: null }),
    now: (next: CallView) => {
      shown.again(view(next));
    },
    asked: () => shown.fake.shown.map(({ leaf, kind }) => (kind === "camera" ? leaf : `${kind} ${String(leaf)}`)),
  };
}
