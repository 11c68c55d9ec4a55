import { useEffect, useRef, useState } from "react";
import { recordVoice, type Record, type Recording, type RecordingProblem, type VoiceNote } from "../../files/recording";
import { durationText } from "../../i18n/format";
import { useStore, useText } from "../app/context";
import { Button, IconButton } from "../parts/button";
import { ErrorText } from "../parts/messages";
import { VoicePlayer } from "./voice-note";

interface Props {
  readonly onSend: (note: VoiceNote) => void;
  readonly record?: Record;
}

type State =
  | { readonly step: "idle"; readonly problem: RecordingProblem | null }
  | { readonly step: "recording"; readonly recording: Recording }
  | { readonly step: "recorded"; readonly note: VoiceNote; readonly url: string };

const IDLE: State = { step: "idle", problem: null };

/** Records a voice note; it can be heard before it is sent, and thrown away at any time. */
export function VoiceRecorder({ onSend, record = recordVoice }: Props) {
  const t = useText();
  const [state, setState] = useState<State>(IDLE);
  const asking = useRef(false);
  // What is to be let go when the view goes.
  const held = useRef<State>(IDLE);
  useEffect(() => {
    held.current = state;
  }, [state]);
  useEffect(
    () => () => {
      letGo(held.current);
    },
    [],
  );

  const start = async (): Promise<void> => {
    if (asking.current) return;
    asking.current = true;
    const recording = await record();
    asking.current = false;
    if (typeof recording === "string") return setState({ step: "idle", problem: recording });
    setState({ step: "recording", recording });
    const note = await recording.done;
    setState(note ? { step: "recorded", note, url: URL.createObjectURL(note.blob) } : IDLE);
  };
  const discard = (): void => {
    letGo(state);
    setState(IDLE);
  };

  switch (state.step) {
    case "idle":
      return (
        <>
          <IconButton
            icon="microphone"
            label={t("voice.record")}
            onClick={() => {
              void start();
            }}
          />
          {state.problem && <ErrorText>{t(state.problem)}</ErrorText>}
        </>
      );
    case "recording":
      return <RecordingBar recording={state.recording} />;
    case "recorded":
      return (
        <div className="voice-recorded" role="group" aria-label={t("voice.name")}>
          <IconButton icon="trash" label={t("voice.discard")} onClick={discard} />
          <VoicePlayer url={state.url} durationMs={state.note.durationMs} waveform={state.note.waveform} />
          <Button
            look="primary"
            icon="send"
            onClick={() => {
              onSend(state.note);
              discard();
            }}
          >
            {t("voice.send")}
          </Button>
        </div>
      );
  }
}

function letGo(state: State): void {
  if (state.step === "recording") state.recording.discard();
  if (state.step === "recorded") URL.revokeObjectURL(state.url);
}

function RecordingBar({ recording }: { readonly recording: Recording }) {
  const t = useText();
  const { ms, level } = useStore(recording.now);
  return (
    <div className="voice-recording" role="group" aria-label={t("voice.recording")}>
      <IconButton icon="trash" label={t("voice.discard")} onClick={() => recording.discard()} />
      <span className="voice-level" aria-hidden="true" style={{ transform: `scale(${(0.5 + level / 2).toFixed(2)})` }} />
      <span className="visually-hidden" role="status">
        {t("voice.recording")}
      </span>
      <span className="voice-time" role="timer">
        {durationText(ms)}
      </span>
      <Button icon="stop" onClick={() => recording.stop()}>
        {t("voice.stop")}
      </Button>
    </div>
  );
}
