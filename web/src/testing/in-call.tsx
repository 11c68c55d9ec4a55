import userEvent from "@testing-library/user-event";
import { vi } from "vitest";
import type { CallView } from "../core/generated/CallView";
import { CallScreen } from "../ui/call/call-screen";
import { FakeCore } from "./fake-core";
import { show } from "./render";

/** A call on screen; `now` is what it becomes. */
export function inCall(call: CallView) {
  const core = new FakeCore(true);
  core.call = call;
  const [room] = core.rooms;
  if (!room) throw new Error("no room");
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
