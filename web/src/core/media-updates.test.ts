import { expect as claim, test } from "vitest";
import listed from "../../../client-core/src/api/vectors/media-updates.json";
import * as updates from "./media-updates.mjs";

interface Vector {
  update: "epoch" | "send_with" | "expect" | "end" | "hold";
  bytes: string;
  call_id: string;
  generation: number;
  epoch: number;
  own_leaf: number;
  members: number[];
  base_key: string;
  retire_after_ms: number;
  slots: Parameters<typeof updates.expect>[0];
}

/** The core is tested with them too. */
const vectors = listed as unknown as Vector[];

function unhex(text: string): Uint8Array {
  return Uint8Array.from((text.match(/../gu) ?? []).map((pair) => Number.parseInt(pair, 16)));
}

function encode(of: Vector): Uint8Array {
  switch (of.update) {
    case "epoch":
      return updates.epoch({
        callId: of.call_id,
        generation: of.generation,
        epoch: of.epoch,
        ownLeaf: of.own_leaf,
        members: of.members,
        baseKey: unhex(of.base_key),
        retireAfterMs: of.retire_after_ms,
      });
    case "send_with":
      return updates.sendWith(of.epoch);
    case "expect":
      return updates.expect(of.slots);
    case "end":
      return updates.end();
    case "hold":
      return updates.hold();
  }
}

test.each(vectors)("$update is what the core makes of it", (vector) => {
  claim([...encode(vector)]).toEqual([...unhex(vector.bytes)]);
  claim(updates.isEnd(encode(vector))).toBe(vector.update === "end");
});
