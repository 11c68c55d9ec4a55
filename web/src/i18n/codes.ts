import type { Failure } from "../core/generated/Failure";
import type { MediaProblem } from "../state/media";
import { momentText, spanText, waitText } from "./format";
import { isTextKey, type Translate } from "./translate";

/** Families of codes that come from the core. */
type Family = "error" | "notice" | "signed_out" | "room_event" | "call_event";

/** Text of an error, with the values that the core gave, and as a last resort the bare code. */
export function failureText(t: Translate, failure: Failure): string {
  return codeText(t, "error", failure.code, failure.params);
}

/** Text of a notice. */
export function noticeText(t: Translate, notice: Failure): string {
  return codeText(t, "notice", notice.code, notice.params);
}

/** Why one was signed out. */
export function signedOutText(t: Translate, reason: string): string {
  return codeText(t, "signed_out", reason, {});
}

/** What happened in a room, and by whom. */
export function roomEventText(t: Translate, event: Failure, author: string): string {
  return codeText(t, "room_event", event.code, { by: author, ...event.params });
}

/** What a moderator did to a call. */
export function callEventText(t: Translate, event: Failure): string {
  return codeText(t, "call_event", event.code, event.params);
}

/** What is the matter with a device or the network, and what to do. */
export function problemText(t: Translate, problem: MediaProblem, both = false): { readonly title: string; readonly advice: string } {
  const device = t(`media.kind.${problem.device ?? "microphone"}`);
  const values = { device, device_lower: device.toLowerCase(), label: problem.label };
  if (both) {
    const [title, advice] = [`media.${problem.code}.title.both`, `media.${problem.code}.advice.both`];
    return { title: filled(t, [title], values), advice: filled(t, [advice], values) };
  }
  return {
    title: filled(t, [`media.${problem.code}.title.named`, `media.${problem.code}.title`], values),
    advice: filled(t, [`media.${problem.code}.advice`], values),
  };
}

/** Whether there is a text for what ails microphone and camera alike. */
export function hasTextForBoth(code: MediaProblem["code"]): boolean {
  return isTextKey(`media.${code}.title.both`);
}

function codeText(t: Translate, family: Family, code: string, params: Readonly<Record<string, string | undefined>>): string {
  const spans = { ttl: spanOf(t, params["ttl_ms"]), burn: spanOf(t, params["burn_ms"]), moment: momentOf(t, params["ends_at"]) };
  const values: Record<string, string | undefined> = { code, wait: waitOf(t, params), ...spans, ...params };
  return filled(t, [`${family}.${code}.named`, `${family}.${code}`, `${family}.unknown`], values) || code;
}

/** The first of these texts that the catalogue has and whose places all have a value. */
function filled(t: Translate, keys: readonly string[], values: Readonly<Record<string, string | undefined>>): string {
  for (const key of keys) {
    if (!isTextKey(key)) continue;
    const text = (t as (key: string, params: object) => string)(key, values);
    if (!/\{\w+\}/.test(text)) return text;
  }
  return "";
}

function spanOf(t: Translate, ms: string | undefined): string | undefined {
  const value = Number(ms ?? Number.NaN);
  return value > 0 ? spanText(t.locale, value) : undefined;
}

function momentOf(t: Translate, at: string | undefined): string | undefined {
  const value = Number(at ?? Number.NaN);
  // Beyond what a date can be, nothing is said.
  return value > 0 && Number.isFinite(new Date(value).getTime()) ? momentText(t.locale, value) : undefined;
}

function waitOf(t: Translate, params: Readonly<Record<string, string | undefined>>): string | undefined {
  const seconds = Number(params["seconds"] ?? Number.NaN);
  return Number.isFinite(seconds) ? waitText(t.locale, seconds * 1000) : undefined;
}
