/** The session's token for the files worker, from the core. */
import type { Commands } from "../state/commands";
import type { GiveToken } from "./client";

/** Nobody is signed in, or who is may not: no token will come. */
const NOBODY = new Set(["unauthenticated", "forbidden"]);

export function tokenFrom(commands: Pick<Commands, "giveToken">): GiveToken {
  return async (stale) => {
    const outcome = await commands.giveToken(stale);
    if (outcome.ok) return outcome.value.token;
    if (NOBODY.has(outcome.failure.code)) return null;
    throw new Error(outcome.failure.code);
  };
}
