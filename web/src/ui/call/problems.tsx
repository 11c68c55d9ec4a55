import { hasTextForBoth, problemText } from "../../i18n/codes";
import type { MediaProblem } from "../../state/media";
import { useApp } from "../app/context";
import { Button } from "../parts/button";
import { Icon } from "../parts/icons";
import { useMedia } from "./use-media";

/** Interrupting is right where one believes to be heard, or to be safe, and is not. */
const URGENT = new Set<MediaProblem["code"]>(["device_failed", "blur_failed", "blur_too_slow", "device_unplugged", "sealing_failed", "no_encoded_transforms", "network_blocked"]);

/** What is the matter with devices and network: what happened, what to do, and a button where one helps. */
export function Problems() {
  const { problems } = useMedia();
  const urgent = problems.filter((problem) => URGENT.has(problem.code));
  const others = problems.filter((problem) => !URGENT.has(problem.code));
  return (
    <div className="problems">
      <div role="alert">
        <List problems={urgent} />
      </div>
      <div role="status">
        <List problems={others} />
      </div>
    </div>
  );
}

/** What microphone and camera have in common is said once. */
function List({ problems }: { readonly problems: readonly MediaProblem[] }) {
  const shared = problems.filter(
    ({ code, device }) =>
      device === "microphone" && hasTextForBoth(code) && problems.some((other) => other.code === code && other.device === "camera"),
  );
  const codes = new Set(shared.map(({ code }) => code));
  const others = problems.filter(({ code, device }) => !codes.has(code) || (device !== "microphone" && device !== "camera"));
  return (
    <>
      {shared.map((problem) => (
        <Problem key={problem.code} problem={problem} both={problems.find(({ code, device }) => code === problem.code && device === "camera")} />
      ))}
      {others.map((problem) => (
        <Problem key={`${problem.code}-${problem.device ?? ""}`} problem={problem} />
      ))}
    </>
  );
}

/** `both`: the same problem of the camera, which this one stands for. */
function Problem({ problem, both }: { readonly problem: MediaProblem; readonly both?: MediaProblem | undefined }) {
  const { media, t } = useApp();
  const { title, advice } = problemText(t, problem, both !== undefined);
  return (
    <div className="problem">
      <Icon name="alert" />
      <div className="problem-text">
        <strong>{title}</strong>
        <p>{advice}</p>
        {problem.code === "autoplay_blocked" && (
          <Button
            icon="speaker"
            onClick={() => {
              void media.resumeAudio();
            }}
          >
            {t("media.autoplay_blocked.use")}
          </Button>
        )}
        {problem.code === "device_new" && <UseDevice problem={problem} />}
      </div>
      <button
        type="button"
        className="icon-button"
        aria-label={t("common.dismiss")}
        onClick={() => {
          media.dismiss(problem);
          if (both) media.dismiss(both);
        }}
      >
        <Icon name="close" size={18} />
      </button>
    </div>
  );
}

function UseDevice({ problem }: { readonly problem: MediaProblem }) {
  const { media, t } = useApp();
  const { devices } = useMedia();
  const kind = problem.device;
  if (kind === null || kind === "screen") return null;
  const choice = devices?.[kind].find((device) => device.label === problem.label);
  if (!choice) return null;
  return (
    <Button
      onClick={() => {
        void media.chooseDevice(kind, choice.id);
        media.dismiss(problem);
      }}
    >
      {t("media.device_new.use")}
    </Button>
  );
}
