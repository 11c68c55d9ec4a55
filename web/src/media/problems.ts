/** Why a device or a screen is not to be had, as one code per cause. */
import type { MediaProblemCode } from "../state/media";

/** What is known beside the error. */
export interface Circumstances {
  /** `getUserMedia` exists: pages that are not secure have none. */
  readonly secure: boolean;
  /** The site's permission, where the browser tells it. */
  readonly permission: PermissionState | null;
}

/** Cause of a rejected `getUserMedia` or `getDisplayMedia`. Browsers tell some causes only by their message. */
export function problemCode(error: unknown, { secure, permission }: Circumstances): MediaProblemCode {
  if (!secure) return "insecure_page";
  const name = error instanceof Error ? error.name : "";
  const message = error instanceof Error ? error.message.toLowerCase() : "";
  switch (name) {
    case "NotAllowedError":
    case "PermissionDeniedError":
      if (message.includes("system")) return "blocked_by_system";
      if (message.includes("dismissed")) return "prompt_dismissed";
      return permission === "prompt" ? "prompt_dismissed" : "blocked_for_site";
    case "SecurityError":
      return "blocked_for_site";
    case "NotFoundError":
    case "DevicesNotFoundError":
    case "OverconstrainedError":
      return "no_device";
    case "NotReadableError":
    case "TrackStartError":
      return message.includes("system") && message.includes("denied") ? "blocked_by_system" : "in_use";
    case "AbortError":
      // Firefox's word for a device that another program has.
      return message.includes("starting") ? "in_use" : "device_failed";
    default:
      return "device_failed";
  }
}

/** Whether this browser can seal media; without it there is no call, never one in clear. */
export function hasEncodedTransforms(scope: typeof globalThis = globalThis): boolean {
  return (
    "RTCRtpScriptTransform" in scope &&
    "RTCRtpSender" in scope &&
    "transform" in scope.RTCRtpSender.prototype &&
    "transform" in scope.RTCRtpReceiver.prototype
  );
}
