import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Drafts } from "./drafts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function made(): { readonly drafts: Drafts; readonly saved: string[] } {
  const saved: string[] = [];
  return { drafts: new Drafts((roomId, draft) => saved.push(`${roomId}: ${draft}`)), saved };
}

test("a draft is stored once one pauses, and at once when it is sent", () => {
  const { drafts, saved } = made();
  drafts.set("plans", "H");
  vi.advanceTimersByTime(500);
  drafts.set("plans", "Hello");
  vi.advanceTimersByTime(999);
  expect(saved).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(saved).toEqual(["plans: Hello"]);
  drafts.set("plans", "Hello!");
  drafts.set("plans", "");
  expect(saved).toEqual(["plans: Hello", "plans: "]);
  vi.advanceTimersByTime(5_000);
  expect(saved).toHaveLength(2);
});

test("what is stored shows until one types, also after everything was deleted", () => {
  const { drafts } = made();
  expect(drafts.get("plans", "from before")).toBe("from before");
  drafts.set("plans", "");
  expect(drafts.get("plans", "from before")).toBe("");
});

test("who leaves the page or signs out loses nothing, or everything", () => {
  const { drafts, saved } = made();
  drafts.set("plans", "half");
  drafts.flush();
  expect(saved).toEqual(["plans: half"]);
  drafts.set("plans", "half of it");
  drafts.clear();
  vi.advanceTimersByTime(5_000);
  expect(saved).toEqual(["plans: half"]);
  expect(drafts.get("plans", "")).toBe("");
});
