import { useCallback, useEffect, useRef, useState } from "react";
import type { IdVideoPlan } from "../../core/generated/IdVideoPlan";
import { fileCard } from "../../files/cards";
import { problemText } from "../../i18n/codes";
import { openIdCamera, type IdCamera, type IdRecording, type IdVideo, type OpenIdCamera } from "../../media/id-video";
import type { Failure } from "../../state/core";
import type { MediaProblem } from "../../state/media";
import { useApp, useStore, useText } from "../app/context";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { FailureText, Loading, Note } from "../parts/messages";
import { Words } from "./words";

type Step =
  | { readonly at: "camera" }
  | { readonly at: "problem"; readonly problem: MediaProblem }
  | { readonly at: "ready"; readonly camera: IdCamera }
  | { readonly at: "countdown"; readonly camera: IdCamera }
  | { readonly at: "recording"; readonly camera: IdCamera; readonly recording: IdRecording }
  | { readonly at: "review"; readonly video: IdVideo }
  | { readonly at: "sending"; readonly video: IdVideo };

/** Until the recording begins: time to look into the camera. */
const COUNTDOWN = 3;

/** An upload that never became the ID video lies on the server for no longer. */
const UPLOAD_LIFE_MS = 60 * 60 * 1_000;

/**
 * Records, shows and sends an ID video.
 *
 * ```text
 * camera ─► ready ─► countdown ─► recording ─► review ─► sending ─► (closed)
 *   │         ▲                                  │          │
 *   ▼         └──────────── again ───────────────┘ ◄────────┘ failed
 * problem
 * ```
 */
export function RecordIdVideo({ onClose, open = openIdCamera }: { readonly onClose: () => void; readonly open?: OpenIdCamera }) {
  const { client, files, t } = useApp();
  const [plan, setPlan] = useState<IdVideoPlan | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [step, setStep] = useState<Step>({ at: "camera" });
  const camera = useRef<IdCamera | null>(null);
  const gone = useRef(false);

  const begin = useCallback(async (): Promise<void> => {
    setStep({ at: "camera" });
    const opened = await open();
    if (gone.current) {
      if ("close" in opened) opened.close();
      return;
    }
    if (!("close" in opened)) return setStep({ at: "problem", problem: opened });
    camera.current = opened;
    setStep({ at: "ready", camera: opened });
  }, [open]);

  const prepare = useCallback(async (): Promise<void> => {
    setFailure(null);
    const outcome = await client.commands.planIdVideo();
    if (gone.current) return;
    if (!outcome.ok) return setFailure(outcome.failure);
    setPlan(outcome.value);
    await begin();
  }, [client, begin]);

  useEffect(() => {
    gone.current = false;
    // oxlint-disable-next-line react/set-state-in-effect -- asks the core and the camera, and says that it does
    void prepare();
    return () => {
      gone.current = true;
      camera.current?.close();
      camera.current = null;
    };
  }, [prepare]);

  const record = (from: IdCamera, { max_ms: maxMs }: IdVideoPlan): void => {
    setFailure(null);
    const recording = from.record(maxMs);
    setStep({ at: "recording", camera: from, recording });
    void recording.done.then((video) => {
      from.close();
      camera.current = null;
      if (gone.current) return;
      if (video) return setStep({ at: "review", video });
      setFailure({ code: "id_video_empty", params: {} });
      void begin();
    });
  };

  const send = async (video: IdVideo, { room_id: roomId, day, max_len: maxLen }: IdVideoPlan): Promise<void> => {
    setFailure(null);
    if (video.blob.size > maxLen) return setFailure({ code: "too_large", params: {} });
    setStep({ at: "sending", video });
    const uploaded = await files.source.upload({ roomId, file: video.blob, expiresAt: Date.now() + UPLOAD_LIFE_MS }).done;
    const facts = { name: "ID video", mediaType: video.mediaType, maySave: false, dimensions: null, durationMs: video.durationMs, waveform: null, thumbnail: null };
    const shown = uploaded.ok ? await client.commands.showIdVideo(fileCard(uploaded.value.file, facts), day) : uploaded;
    if (shown.ok) {
      client.board.notify("status", (t) => t("id_video.done"));
      if (!gone.current) onClose();
      return;
    }
    if (gone.current) return;
    setStep({ at: "review", video });
    setFailure(shown.failure);
  };

  return (
    <Dialog title={t("id_video.title")} onClose={onClose} keep>
      <div className="dialog-body contact-card">
        <FailureText failure={failure} />
        {plan === null && failure === null && <Words words={[]} />}
        {plan === null && failure !== null && <Button onClick={() => void prepare()}>{t("contact.retry")}</Button>}
        {plan && step.at !== "review" && step.at !== "sending" && (
          <>
            <p>{t("id_video.intro")}</p>
            <Words words={plan.words} />
          </>
        )}
        {plan && <Place step={step} maxMs={plan.max_ms} onCounted={(camera) => record(camera, plan)} />}
        {plan && (step.at === "ready" || step.at === "camera") && <p className="soft">{t("id_video.private")}</p>}
      </div>
      {plan && (
        <footer className="dialog-footer">
          {step.at === "problem" && <Button onClick={() => void begin()}>{t("contact.retry")}</Button>}
          {step.at === "ready" && (
            <Button look="primary" icon="camera" onClick={() => setStep({ at: "countdown", camera: step.camera })}>
              {t("id_video.start")}
            </Button>
          )}
          {step.at === "recording" && (
            <Button look="primary" icon="stop" onClick={() => step.recording.stop()}>
              {t("id_video.stop")}
            </Button>
          )}
          {(step.at === "review" || step.at === "sending") && (
            <>
              <Button disabled={step.at === "sending"} onClick={() => void begin()}>
                {t("id_video.retake")}
              </Button>
              <Button look="primary" busy={step.at === "sending"} onClick={() => void send(step.video, plan)}>
                {t("id_video.use")}
              </Button>
            </>
          )}
        </footer>
      )}
    </Dialog>
  );
}

/** What is seen of the step. */
function Place({ step, maxMs, onCounted }: { readonly step: Step; readonly maxMs: number; readonly onCounted: (camera: IdCamera) => void }) {
  const t = useText();
  switch (step.at) {
    case "camera":
      return (
        <div className="id-video-place">
          <Loading>{t("id_video.camera")}</Loading>
        </div>
      );
    case "problem": {
      const key = `id_video.problem.${step.problem.code}`;
      return (
        <>
          <Note tone="warning">
            <p>
              <strong>{problemText(t, step.problem).title}</strong>
            </p>
            <p>{t(isAdvice(key) ? key : "id_video.problem.other")}</p>
          </Note>
          <p className="soft">{t("id_video.no_camera")}</p>
        </>
      );
    }
    case "ready":
      return <Live camera={step.camera} />;
    case "countdown":
      return (
        <Live camera={step.camera}>
          <Countdown onEnd={() => onCounted(step.camera)} />
        </Live>
      );
    case "recording":
      return (
        <Live camera={step.camera}>
          <Left recording={step.recording} maxMs={maxMs} />
        </Live>
      );
    case "review":
    case "sending":
      return <Review video={step.video} sending={step.at === "sending"} />;
  }
}

const ADVICE = ["blocked_for_site", "blocked_by_system", "prompt_dismissed", "no_device", "in_use", "insecure_page"] as const;
type Advice = `id_video.problem.${(typeof ADVICE)[number]}`;

function isAdvice(key: string): key is Advice {
  return ADVICE.some((code) => key === `id_video.problem.${code}`);
}

/** Oneself as in a mirror; what is recorded is not mirrored. */
function Live({ camera, children }: { readonly camera: IdCamera; readonly children?: React.ReactNode }) {
  const t = useText();
  const show = useCallback(
    (element: HTMLVideoElement | null) => {
      if (element && element.srcObject !== camera.stream) element.srcObject = camera.stream;
    },
    [camera],
  );
  return (
    <div className="id-video-place">
      <video ref={show} className="id-video id-video-mirror" autoPlay playsInline muted aria-label={t("id_video.preview")} />
      {children}
    </div>
  );
}

function Countdown({ onEnd }: { readonly onEnd: () => void }) {
  const t = useText();
  const [left, setLeft] = useState(COUNTDOWN);
  const end = useRef(onEnd);
  useEffect(() => {
    end.current = onEnd;
  });
  useEffect(() => {
    const timer = setTimeout(() => {
      if (left > 1) setLeft(left - 1);
      else end.current();
    }, 1_000);
    return () => clearTimeout(timer);
  }, [left]);
  return (
    <p className="id-video-count" role="status">
      <span aria-hidden="true">{left}</span>
      <span className="visually-hidden">{t("id_video.starting", { count: String(left) })}</span>
    </p>
  );
}

function Left({ recording, maxMs }: { readonly recording: IdRecording; readonly maxMs: number }) {
  const t = useText();
  const left = Math.ceil((maxMs - useStore(recording.ms)) / 1_000);
  return (
    <p className="id-video-left">
      <span className="id-video-dot" aria-hidden="true" />
      {/* A screen reader is told the first and the last seconds, and not each. */}
      <span aria-hidden="true">{t("id_video.left", { count: left })}</span>
      <span className="visually-hidden" role="status">
        {left % 5 === 0 || left <= 3 ? t("id_video.left", { count: left }) : ""}
      </span>
    </p>
  );
}

function Review({ video, sending }: { readonly video: IdVideo; readonly sending: boolean }) {
  const t = useText();
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    const made = URL.createObjectURL(video.blob);
    // oxlint-disable-next-line react/set-state-in-effect -- the address must end with the view
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [video]);
  return (
    <>
      <div className="id-video-place">
        {/* oxlint-disable-next-line jsx-a11y/media-has-caption -- one's own recording */}
        {url && <video className="id-video" src={url} controls playsInline aria-label={t("id_video.review")} />}
      </div>
      {sending && <p role="status">{t("id_video.sending")}</p>}
    </>
  );
}
