/**
 * What the browser measures of a call, in a form that people can read: two readings of its counters make rates.
 * Names of counters are those of the standard (W3C webrtc-stats).
 */
import type { TrackKind } from "../core/wire";

/** One report of `RTCPeerConnection.getStats()`. */
export interface Report {
  readonly id: string;
  readonly type: string;
  readonly [counter: string]: unknown;
}

/** Counters of both connections at one moment. */
export interface Reading {
  /** In milliseconds, of any clock. */
  readonly at: number;
  readonly publish: readonly Report[];
  readonly subscribe: readonly Report[];
  /** What the m-lines of the former carry. */
  readonly lanes: readonly { readonly mid: string; readonly kind: TrackKind }[];
  /** What the m-lines of the latter carry. */
  readonly slots: readonly { readonly mid: string; readonly leaf: number; readonly kind: TrackKind; readonly paused: boolean }[];
}

/** How well something goes, in words. */
export type Quality = "good" | "fair" | "poor";

/** How media travels. */
export type Way = "udp" | "tcp" | "relay";

/** Why less is sent than could be. */
export type Limitation = "cpu" | "bandwidth" | "other";

export interface TrackStatistics {
  readonly kind: TrackKind;
  /** Whose, where it is received. */
  readonly leaf: number | null;
  readonly codec: string | null;
  /** Bits per second. */
  readonly bitrate: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly framesPerSecond: number | null;
  /** Of the packets, 0 to 1. */
  readonly loss: number | null;
  readonly jitterMs: number | null;
  readonly limitation: Limitation | null;
  /** The server holds it back. */
  readonly paused: boolean;
}

export interface Statistics {
  readonly quality: Quality;
  readonly way: Way | null;
  readonly roundTripMs: number | null;
  /** Bits per second. */
  readonly up: number;
  readonly down: number;
  readonly lossUp: number | null;
  readonly lossDown: number | null;
  /** The largest of what is received. */
  readonly jitterMs: number | null;
  /** What the browser believes that the way out carries, in bits per second. */
  readonly estimateUp: number | null;
  readonly sent: readonly TrackStatistics[];
  readonly received: readonly TrackStatistics[];
  /** How well each participant comes in, by leaf. */
  readonly people: ReadonlyMap<number, Quality>;
}

/** Loss from which sound is patched up audibly, and from which words are missed. */
const FAIR_LOSS = 0.03;
const POOR_LOSS = 0.1;

/** Round trips from which people begin to talk over each other, and from which they cannot but. */
const FAIR_ROUND_TRIP_MS = 300;
const POOR_ROUND_TRIP_MS = 600;

/** Packets in the time between two readings below which a share of lost ones says nothing. */
const ENOUGH_PACKETS = 10;

export function statisticsOf(before: Reading | null, now: Reading): Statistics {
  const seconds = before ? Math.max((now.at - before.at) / 1000, 0.001) : 0;
  const sent = now.lanes.flatMap((lane) => sentTrack(lane.kind, lane.mid, before?.publish ?? [], now.publish, seconds));
  const received = now.slots.flatMap((slot) => receivedTrack(slot, before?.subscribe ?? [], now.subscribe, seconds));
  const pairs = [pairOf(now.publish), pairOf(now.subscribe)];
  const roundTripMs = largest(pairs.map((pair) => milliseconds(pair?.["currentRoundTripTime"])));
  const lossUp = largest(sent.map(({ loss }) => loss));
  const lossDown = largest(received.map(({ loss }) => loss));
  const up = rate(pairOf(before?.publish ?? []), pairs[0], "bytesSent", seconds);
  const down = rate(pairOf(before?.subscribe ?? []), pairs[1], "bytesReceived", seconds);
  return {
    quality: worst([ofLoss(lossUp), ofLoss(lossDown), ofRoundTrip(roundTripMs)]),
    way: wayOf(now.publish) ?? wayOf(now.subscribe),
    roundTripMs,
    up,
    down,
    lossUp,
    lossDown,
    jitterMs: largest(received.map(({ jitterMs }) => jitterMs)),
    estimateUp: numberOf(pairs[0]?.["availableOutgoingBitrate"]),
    sent,
    received,
    people: qualities(received),
  };
}

function sentTrack(kind: TrackKind, mid: string, before: readonly Report[], now: readonly Report[], seconds: number): TrackStatistics[] {
  const layers = now.filter(({ type, mid: of }) => type === "outbound-rtp" && of === mid);
  const bitrate = sum(layers.map((layer) => rate(same(before, layer), layer, "bytesSent", seconds)));
  const running = layers.filter((layer) => (numberOf(layer["framesPerSecond"]) ?? 0) > 0);
  const top = running.toSorted((a, b) => (numberOf(b["frameHeight"]) ?? 0) - (numberOf(a["frameHeight"]) ?? 0))[0] ?? layers[0];
  if (!top || bitrate === 0) return [];
  const ids = new Set(layers.map(({ id }) => id));
  const heard = now.filter(({ type, localId }) => type === "remote-inbound-rtp" && ids.has(String(localId)));
  const limitation = top["qualityLimitationReason"];
  return [
    {
      ...pictureOf(top, now),
      kind,
      leaf: null,
      bitrate,
      loss: largest(heard.map((report) => numberOf(report["fractionLost"]))),
      jitterMs: largest(heard.map((report) => milliseconds(report["jitter"]))),
      limitation: limitation === "cpu" || limitation === "bandwidth" || limitation === "other" ? limitation : null,
      paused: false,
    },
  ];
}

function receivedTrack(slot: Reading["slots"][number], before: readonly Report[], now: readonly Report[], seconds: number): TrackStatistics[] {
  const { kind, leaf, paused } = slot;
  const report = now.find(({ type, mid }) => type === "inbound-rtp" && mid === slot.mid);
  if (!report) return [];
  const earlier = same(before, report);
  return [
    {
      ...pictureOf(report, now),
      kind,
      leaf,
      bitrate: rate(earlier, report, "bytesReceived", seconds),
      loss: lossOf(earlier, report),
      jitterMs: milliseconds(report["jitter"]),
      limitation: null,
      paused,
    },
  ];
}

function pictureOf(report: Report, all: readonly Report[]): Pick<TrackStatistics, "codec" | "width" | "height" | "framesPerSecond"> {
  const codec = all.find(({ id }) => id === report["codecId"])?.["mimeType"];
  return {
    codec: typeof codec === "string" ? codec.slice(codec.indexOf("/") + 1) : null,
    width: numberOf(report["frameWidth"]),
    height: numberOf(report["frameHeight"]),
    framesPerSecond: numberOf(report["framesPerSecond"]),
  };
}

function qualities(received: readonly TrackStatistics[]): ReadonlyMap<number, Quality> {
  const people = new Map<number, Quality>();
  for (const { leaf, loss, paused, bitrate } of received) {
    if (leaf === null || (bitrate === 0 && !paused)) continue;
    const of = paused ? "fair" : ofLoss(loss);
    people.set(leaf, worst([people.get(leaf) ?? "good", of]));
  }
  return people;
}

function ofLoss(loss: number | null): Quality {
  return grade(loss, FAIR_LOSS, POOR_LOSS);
}

function ofRoundTrip(ms: number | null): Quality {
  return grade(ms, FAIR_ROUND_TRIP_MS, POOR_ROUND_TRIP_MS);
}

function grade(value: number | null, fair: number, poor: number): Quality {
  if (value === null || value < fair) return "good";
  return value < poor ? "fair" : "poor";
}

function worst(all: readonly Quality[]): Quality {
  return all.includes("poor") ? "poor" : all.includes("fair") ? "fair" : "good";
}

/** The pair of addresses that is in use. */
function pairOf(reports: readonly Report[]): Report | undefined {
  const chosen = reports.find(({ type }) => type === "transport")?.["selectedCandidatePairId"];
  const pairs = reports.filter(({ type }) => type === "candidate-pair");
  return pairs.find(({ id }) => id === chosen) ?? pairs.find((pair) => pair["nominated"] === true && pair["state"] === "succeeded");
}

function wayOf(reports: readonly Report[]): Way | null {
  const local = reports.find(({ id }) => id === pairOf(reports)?.["localCandidateId"]);
  if (!local) return null;
  if (local["candidateType"] === "relay") return "relay";
  return local["protocol"] === "tcp" ? "tcp" : "udp";
}

/** The share of what was lost since the earlier reading. */
function lossOf(before: Report | undefined, now: Report): number | null {
  const since = (counter: string): number => (numberOf(now[counter]) ?? 0) - (numberOf(before?.[counter]) ?? 0);
  // What came late after all takes some of the lost back.
  const lost = Math.max(since("packetsLost"), 0);
  const all = lost + since("packetsReceived");
  return all < ENOUGH_PACKETS ? null : lost / all;
}

function same(before: readonly Report[], report: Report): Report | undefined {
  return before.find(({ id }) => id === report.id);
}

/** Bits per second between two readings; of a single one, nothing is known. */
function rate(before: Report | undefined, now: Report | undefined, counter: string, seconds: number): number {
  if (seconds === 0 || !now) return 0;
  const bytes = (numberOf(now[counter]) ?? 0) - (numberOf(before?.[counter]) ?? 0);
  return Math.max((bytes * 8) / seconds, 0);
}

function milliseconds(seconds: unknown): number | null {
  const number = numberOf(seconds);
  return number === null ? null : number * 1000;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function largest(all: readonly (number | null)[]): number | null {
  const numbers = all.filter((each) => each !== null);
  return numbers.length === 0 ? null : Math.max(...numbers);
}

function sum(all: readonly number[]): number {
  return all.reduce((total, each) => total + each, 0);
}
