import type { TrackKind } from "./wire";

export function epoch(of: {
  callId: string;
  generation: number;
  epoch: number;
  ownLeaf: number;
  members: number[];
  baseKey: Uint8Array;
  retireAfterMs: number;
}): Uint8Array<ArrayBuffer>;
export function sendWith(epoch: number): Uint8Array<ArrayBuffer>;
export function expect(slots: { mid: string; leaf: number; kind: TrackKind }[]): Uint8Array<ArrayBuffer>;
export function end(): Uint8Array<ArrayBuffer>;
export function hold(): Uint8Array<ArrayBuffer>;
export function isEnd(update: Uint8Array): boolean;
