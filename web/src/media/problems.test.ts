import { expect, test } from "vitest";
import { hasEncodedTransforms, problemCode } from "./problems";

const usual = { secure: true, permission: "granted" } as const;

test.each([
  ["NotAllowedError", "Permission denied", "denied", "blocked_for_site"],
  ["NotAllowedError", "Permission dismissed", "prompt", "prompt_dismissed"],
  ["NotAllowedError", "The request is not allowed", "prompt", "prompt_dismissed"],
  ["NotAllowedError", "Permission denied by system", "granted", "blocked_by_system"],
  ["NotFoundError", "Requested device not found", "granted", "no_device"],
  ["OverconstrainedError", "", "granted", "no_device"],
  ["NotReadableError", "Could not start video source", "granted", "in_use"],
  ["AbortError", "Starting videoinput failed", "granted", "in_use"],
  ["AbortError", "", "granted", "device_failed"],
] as const)("%s (%s, permission %s) is %s", (name, message, permission, code) => {
  expect(problemCode(new DOMException(message, name), { secure: true, permission })).toBe(code);
});

test("a page that is not secure is told apart, for there nothing else helps", () => {
  expect(problemCode(new TypeError("undefined"), { ...usual, secure: false })).toBe("insecure_page");
});

function scope(prototype: object): typeof globalThis {
  const parts = { RTCRtpScriptTransform: {}, RTCRtpSender: { prototype }, RTCRtpReceiver: { prototype } };
  return parts as unknown as typeof globalThis;
}

test("a browser without encoded transforms is known by what it lacks", () => {
  expect(hasEncodedTransforms({} as typeof globalThis)).toBe(false);
  expect(hasEncodedTransforms(scope({}))).toBe(false);
  expect(hasEncodedTransforms(scope({ transform: null }))).toBe(true);
});
