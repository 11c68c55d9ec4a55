import { isolated } from "./bidi";
import { UNITS, type Left, type TimeUnit } from "../state/timers";

/** Hour and minute, for example "14:05". */
export function timeText(locale: string, at: number): string {
  return times(locale).format(at);
}

/** Making one costs as much as formatting hundreds. */
function times(locale: string): Intl.DateTimeFormat {
  if (madeTimes?.locale !== locale) {
    madeTimes = { locale, format: new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" }) };
  }
  return madeTimes.format;
}

let madeTimes: { readonly locale: string; readonly format: Intl.DateTimeFormat } | null = null;

/** Day with weekday, for the heading of a day's messages. */
export function dayText(locale: string, at: number, now: number): string {
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(locale, {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(sameYear ? {} : { year: "numeric" }),
  }).format(at);
}

/** Day, month, year. */
export function dateText(locale: string, at: number): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(at);
}

/** Beyond this, dates cannot be written down; whoever sets such a time means never. */
const LAST_MOMENT = 8.64e15;

/** Day and time, for example "3 Dec 2026, 14:05". */
export function momentText(locale: string, at: number): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(Math.min(at, LAST_MOMENT));
}

/** The shortest text that places a moment: the time today, the weekday within a week, else the date. */
export function agoText(locale: string, at: number, now: number): string {
  const days = dayNumber(now) - dayNumber(at);
  if (days <= 0) return timeText(locale, at);
  if (days < 7) return new Intl.DateTimeFormat(locale, { weekday: "short" }).format(at);
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" }).format(at);
}

/** A rate, for example "1.8 Mbit/s". */
export function bitrateText(locale: string, bitsPerSecond: number): string {
  const mega = bitsPerSecond >= 1_000_000;
  const value = new Intl.NumberFormat(locale, { maximumFractionDigits: mega ? 1 : 0 }).format(bitsPerSecond / (mega ? 1_000_000 : 1_000));
  return `${value} ${mega ? "Mbit/s" : "kbit/s"}`;
}

/** A length of data, for example "3.4 MB". */
export function sizeText(locale: string, bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
  const power = bytes < 1_000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const value = bytes / 1_000 ** power;
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: units[power] ?? "byte",
    unitDisplay: power === 0 ? "long" : "short",
    maximumFractionDigits: power > 0 && value < 10 ? 1 : 0,
  }).format(value);
}

/** "Alice, Bob and Carol". */
export function listText(locale: string, names: readonly string[]): string {
  return new Intl.ListFormat(locale, { style: "long", type: "conjunction" }).format(names.map(isolated));
}

/** Rounded up to what a person waits for: seconds below a minute, else minutes. */
export function waitText(locale: string, ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  const [value, unit] = seconds < 60 ? [seconds, "second"] : [Math.ceil(seconds / 60), "minute"];
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(value);
}

/** A time in words, in the largest unit of which it is a whole number: "4 weeks", "90 minutes". */
export function spanText(locale: string, ms: number): string {
  const [unit, length] = UNITS.find(([, length]) => ms >= length && ms % length === 0) ?? (["second", 1_000] as const);
  return unitText(locale, Math.max(1, Math.round(ms / length)), unit, "long");
}

/** What is left, short: "5 min", "36 hr". */
export function leftText(locale: string, { value, unit }: Left): string {
  return unitText(locale, value, unit, "short");
}

function unitText(locale: string, value: number, unit: TimeUnit, unitDisplay: "long" | "short"): string {
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay }).format(value);
}

/** "4:07" or "1:02:09". */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [hours = 0, minutes = 0, rest = 0] = parts;
  const tail = `${String(minutes).padStart(hours > 0 ? 2 : 1, "0")}:${String(rest).padStart(2, "0")}`;
  return hours > 0 ? `${String(hours)}:${tail}` : tail;
}

/** Number of the local day, to compare days. */
export function dayNumber(at: number): number {
  const date = new Date(at);
  return Math.floor(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
}
