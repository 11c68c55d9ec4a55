import { useEffect, useRef, useState } from "react";
import { durationText } from "../../i18n/format";
import { useText } from "../app/context";
import { IconButton } from "../parts/button";
import { CancelTransfer, TransferProgress, TransferStopped } from "./file-card";
import type { FileSource, ShownFile } from "./shown-file";
import { useDownload } from "./use-download";
import { WaveformBars } from "./waveform-bars";

/** A voice note of a message: it is fetched when somebody wants to hear it. */
export function VoiceNoteView({ file, files }: { readonly file: ShownFile; readonly files: FileSource }) {
  const t = useText();
  const { loading, start, cancel } = useDownload(files, file.sealed, file.mediaType);
  // Who presses play wants to hear it as soon as it is there.
  const player = (
    <VoicePlayer url={loading.state === "ready" ? loading.url : null} durationMs={file.durationMs ?? 0} waveform={file.waveform ?? new Uint8Array(1)} onWanted={start} />
  );
  return (
    <div className="voice-note" role="group" aria-label={t("voice.name")}>
      {player}
      {loading.state === "running" && (
        <>
          <TransferProgress label={t("files.loading", { name: t("voice.name") })} progress={loading.progress} />
          <CancelTransfer name={t("voice.name")} onCancel={cancel} />
        </>
      )}
      {loading.state === "failed" && <TransferStopped failure={loading.failure} onRetry={start} />}
    </div>
  );
}

interface PlayerProps {
  /** Nothing until it is there. */
  readonly url: string | null;
  readonly durationMs: number;
  readonly waveform: Uint8Array;
  /** Somebody wants to hear what is not there yet. */
  readonly onWanted?: () => void;
}

/** Plays a voice note, and shows where it is. */
export function VoicePlayer({ url, durationMs, waveform, onWanted }: PlayerProps) {
  const t = useText();
  const sound = useRef<HTMLAudioElement>(null);
  const wanted = useRef(false);
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);

  useEffect(() => {
    if (url === null || !wanted.current) return;
    wanted.current = false;
    // Where the browser refuses, the button still says "play".
    void sound.current?.play().catch(() => undefined);
  }, [url]);

  const toggle = (): void => {
    if (url === null) {
      wanted.current = true;
      onWanted?.();
    } else if (playing) sound.current?.pause();
    else void sound.current?.play().catch(() => undefined);
  };
  const seek = (ms: number): void => {
    setAt(ms);
    if (sound.current) sound.current.currentTime = ms / 1_000;
  };
  return (
    <div className="voice-player">
      <IconButton icon={playing ? "pause" : "play"} label={t(playing ? "voice.pause" : "voice.play")} onClick={toggle} />
      <div className="voice-line">
        <WaveformBars waveform={waveform} heard={durationMs > 0 ? at / durationMs : 0} />
        <input
          type="range"
          aria-label={t("voice.position")}
          aria-valuetext={`${durationText(at)} / ${durationText(durationMs)}`}
          min={0}
          max={Math.max(durationMs, 1)}
          step={100}
          value={Math.min(at, durationMs)}
          disabled={url === null}
          onChange={(event) => seek(Number(event.target.value))}
        />
      </div>
      <span className="voice-time">{durationText(at > 0 ? at : durationMs)}</span>
      {url !== null && (
        // oxlint-disable-next-line jsx-a11y/media-has-caption -- nobody made any
        <audio
          ref={sound}
          src={url}
          onPlay={() => setPlaying(true)}
          onPause={() => setPlaying(false)}
          onEnded={() => setAt(0)}
          onTimeUpdate={(event) => setAt(event.currentTarget.currentTime * 1_000)}
        />
      )}
    </div>
  );
}
