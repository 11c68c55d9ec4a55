import { expect, test } from "vitest";
import { Devices, type Memory } from "./devices";

function memory(kept: string | null = null): Memory {
  let value = kept;
  return { getItem: () => value, setItem: (_, text) => void (value = text) };
}

test("choices are remembered", () => {
  const kept = memory();
  new Devices(kept).choose("camera", "abc");
  expect(new Devices(kept).chosen).toEqual({ microphone: "", camera: "abc", speaker: "" });
});

test.each(["not json", "[]", "null", '{"camera": 7}'])("what was kept as %s does no harm", (text) => {
  expect(new Devices(memory(text)).chosen.camera).toBe("");
});

/** A browser whose open microphones change their processing at once, or only when they are opened anew. */
function browser({ canChoose = true, live = true } = {}) {
  const opened: MediaTrackConstraints[] = [];
  const microphone = (settings: MediaTrackConstraints) => ({
    getSettings: () => settings,
    applyConstraints: (wanted: MediaTrackConstraints) => Promise.resolve(void (live && Object.assign(settings, wanted))),
  });
  Object.defineProperty(navigator, "mediaDevices", {
    configurable: true,
    value: {
      getSupportedConstraints: () => ({ noiseSuppression: canChoose }),
      getUserMedia: ({ audio }: { audio: MediaTrackConstraints }) => {
        opened.push(audio);
        return Promise.resolve({ getTracks: () => [microphone({ ...audio })] });
      },
    },
  });
  return opened;
}

test("noise is suppressed until one does not want it, which is remembered", async () => {
  const opened = browser();
  const kept = new Map<string, string>();
  const keep: Memory = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) };
  const devices = new Devices(keep);
  expect(devices.noiseSuppression).toBe(true);
  devices.suppressNoise(false);
  const later = new Devices(keep);
  expect(later.noiseSuppression).toBe(false);
  await later.open("microphone");
  expect(opened).toEqual([{ echoCancellation: true, autoGainControl: true, noiseSuppression: false }]);
});

test("where a browser cannot choose, there is no choice, and the browser does what it does", async () => {
  const opened = browser({ canChoose: false });
  const devices = new Devices(memory("off"));
  devices.suppressNoise(false);
  expect(devices.noiseSuppression).toBeNull();
  await devices.open("microphone");
  expect(opened).toEqual([{ echoCancellation: true, autoGainControl: true, noiseSuppression: true }]);
});

test.each([true, false])("an open microphone is adapted, or has to be opened anew (at once: %s)", async (live) => {
  browser({ live });
  const devices = new Devices(memory());
  const microphone = (await devices.open("microphone")) as MediaStreamTrack;
  devices.suppressNoise(false);
  expect(await devices.adapt(microphone)).toBe(live);
  expect(microphone.getSettings()).toMatchObject({ echoCancellation: true, noiseSuppression: !live });
});
