/** Tries the network before joining: a connection with the media server that is thrown away as soon as it stands. */
import type { CoreClient } from "../state/core";
import type { NetworkVerdict } from "../state/media";

/** A try that did not succeed by then has no way through; as long as a call would wait before it says so, almost. */
const PATIENCE_MS = 10_000;

/** A slower way may be found first. After this time the one that is used will stay. */
const SETTLE_MS = 1_000;

/** The parts of a candidate pair that tell how media would go; as in the statistics of a connection. */
export interface Way {
  readonly candidateType?: string;
  readonly protocol?: string;
}

/** What a way means for a call. A relay is told apart, for with it all media takes a detour. */
export function verdictOf({ candidateType, protocol }: Way): NetworkVerdict {
  if (candidateType === "relay") return "relay";
  return protocol === "tcp" ? "tcp" : "ready";
}

/** Null where it could not be tried: the server was not reached, or does not want to be asked so often. */
export async function tryNetwork(core: CoreClient, open = (): RTCPeerConnection => new RTCPeerConnection({ bundlePolicy: "max-bundle" })): Promise<NetworkVerdict | null> {
  let pc: RTCPeerConnection | null = null;
  try {
    pc = open();
    pc.addTransceiver("audio", { direction: "sendonly" });
    const offer = await pc.createOffer();
    const reply = await core.send({ type: "try_network", sdp: offer.sdp ?? "" });
    if (reply.type !== "network_trial") return null;
    // Only from here on does the browser look for ways, so that it knows of the relays.
    pc.setConfiguration({ ...pc.getConfiguration(), iceServers: reply.value.ice_servers });
    await pc.setLocalDescription(offer);
    const ended = outcome(pc);
    await pc.setRemoteDescription({ type: "answer", sdp: reply.value.sdp });
    if (!(await ended)) return "blocked";
    const first = verdictOf(await wayOf(pc));
    if (first === "ready") return first;
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    return verdictOf(await wayOf(pc));
  } catch (error) {
    console.error("the network could not be tried", error);
    return null;
  } finally {
    pc?.close();
  }
}

/** Whether the connection comes about. */
function outcome(pc: RTCPeerConnection): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve(false);
    }, PATIENCE_MS);
    pc.addEventListener("connectionstatechange", () => {
      if (pc.connectionState !== "connected" && pc.connectionState !== "failed") return;
      clearTimeout(timer);
      resolve(pc.connectionState === "connected");
    });
  });
}

/** The own end of the candidate pair that is used. */
async function wayOf(pc: RTCPeerConnection): Promise<Way> {
  const stats: Stat[] = [...((await pc.getStats()).values() as Iterable<Stat>)];
  const pair = stats.find(({ type, nominated, state }) => type === "candidate-pair" && nominated === true && state === "succeeded");
  return stats.find(({ id }) => id === pair?.localCandidateId) ?? {};
}

interface Stat extends Way {
  readonly id: string;
  readonly type: string;
  readonly nominated?: boolean;
  readonly state?: string;
  readonly localCandidateId?: string;
}
