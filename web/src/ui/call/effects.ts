import { useEffect, useRef } from "react";
import type { CallView } from "../../core/generated/CallView";
import { listText } from "../../i18n/format";
import { callChanges, type CallChange } from "../../state/call-changes";
import { useApp } from "../app/context";

/** Changes that come within this time are said in one sentence each, not one by one. */
export const GATHER_MS = 800;

/** Says to screen readers what happens in the call, batched; each kind can be switched off. */
export function useCallAnnouncements(call: CallView): void {
  const { client } = useApp();
  const before = useRef(call);
  const pending = useRef<CallChange[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(
    () => () => {
      if (timer.current) clearTimeout(timer.current);
    },
    [],
  );
  useEffect(() => {
    const wanted = client.preferences.view.get().announce;
    pending.current.push(...callChanges(before.current, call).filter((change) => wanted[change.kind]));
    before.current = call;
    if (pending.current.length === 0) return;
    // What goes on changing is told all the same.
    timer.current ??= setTimeout(() => {
      timer.current = null;
      const changes = merged(pending.current);
      pending.current = [];
      client.board.announce((t) =>
        changes.map(({ what, names }) => `${t(`announce.${what}`, { names: listText(t.locale, names) })}.`).join(" "),
      );
    }, GATHER_MS);
  }, [client, call]);
}

function merged(changes: readonly CallChange[]): CallChange[] {
  const byWhat = new Map<string, CallChange>();
  for (const change of changes) {
    const earlier = byWhat.get(change.what);
    byWhat.set(change.what, { ...change, names: [...new Set([...(earlier?.names ?? []), ...change.names])] });
  }
  return [...byWhat.values()];
}

/** Keeps the screen of a phone on during a call, where the browser can. */
export function useWakeLock(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | null = null;
    let over = false;
    const take = async (): Promise<void> => {
      if (over || document.visibilityState !== "visible") return;
      try {
        const taken = await navigator.wakeLock.request("screen");
        if (over) await taken.release();
        else lock = taken;
      } catch {
        // Low battery, or a browser without it: the call works all the same.
      }
    };
    const retake = (): void => {
      void take();
    };
    document.addEventListener("visibilitychange", retake);
    void take();
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", retake);
      void lock?.release();
    };
  }, []);
}
