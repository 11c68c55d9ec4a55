import { useEffect, useRef, useState, type CSSProperties } from "react";
import { MAX_UNASKED_LEN, shownAs } from "../../files/kinds";
import type { Transfer } from "../../files/client";
import type { Failure } from "../../state/core";
import { useApp, useText } from "../app/context";
import { Button, IconButton } from "../parts/button";
import { DocumentFile } from "./document-file";
import { CancelTransfer, FileCard, TransferProgress, TransferStopped } from "./file-card";
import { beginSaving, handOut } from "./save";
import type { FileSource, Sending, ShownFile } from "./shown-file";
import { useDownload, type Loading } from "./use-download";
import { VoiceNoteView } from "./voice-note";

interface Props {
  readonly file: ShownFile;
  readonly files: FileSource;
  /** Of an own file that is on its way. */
  readonly sending?: Sending | null;
}

/** What a message with a file shows. */
export function FileBody({ file, files, sending = null }: Props) {
  if (sending) return <SendingFile file={file} sending={sending} />;
  if (file.waveform) return <VoiceNoteView file={file} files={files} />;
  const shown = shownAs(file.mediaType, file.size);
  if (shown === "nothing") return <PlainFile file={file} files={files} />;
  if (shown === "document") return <SavedDocument file={file} files={files} />;
  return <OpenedFile file={file} files={files} shown={shown} />;
}

function SendingFile({ file, sending }: { readonly file: ShownFile; readonly sending: Sending }) {
  const t = useText();
  const { failure } = sending;
  const foot = failure ? (
    <TransferStopped failure={failure} onRetry={sending.retry} />
  ) : (
    <TransferProgress label={t("files.sending", { name: file.name })} progress={sending.progress} />
  );
  return (
    <FileCard name={file.name} size={file.size} foot={foot}>
      <CancelTransfer name={file.name} onCancel={sending.cancel} />
    </FileCard>
  );
}

interface FileProps {
  readonly file: ShownFile;
  readonly files: FileSource;
}

function PlainFile({ file, files }: FileProps) {
  const t = useText();
  const saving = useSaving(file, files);
  return (
    <FileCard name={file.name} size={file.size} {...(!file.maySave && { note: t("files.not_shown") })} foot={<LoadingFoot file={file} loading={saving.loading} onRetry={saving.start} />}>
      {saving.loading.state === "running" ? <CancelTransfer name={file.name} onCancel={saving.cancel} /> : file.maySave && <SaveButton name={file.name} onSave={saving.start} />}
    </FileCard>
  );
}

function SavedDocument({ file, files }: FileProps) {
  const saving = useSaving(file, files);
  const running = saving.loading.state === "running";
  return (
    <DocumentFile
      file={file}
      files={files}
      save={running ? <CancelTransfer name={file.name} onCancel={saving.cancel} /> : file.maySave && <SaveButton name={file.name} onSave={saving.start} />}
      saving={<LoadingFoot file={file} loading={saving.loading} onRetry={saving.start} />}
    />
  );
}

/** A picture, video or sound, from memory; until it is there, its thumbnail and the way to it. */
function OpenedFile({ file, files, shown }: FileProps & { readonly shown: "picture" | "video" | "sound" }) {
  const t = useText();
  const { loading, start, cancel } = useDownload(files, file.sealed, file.mediaType);
  const saving = useSaving(file, files);
  const place = useRef<HTMLDivElement>(null);
  useWhenSeen(place, shown === "picture" && file.size <= MAX_UNASKED_LEN, start);
  const label = t(shown === "picture" ? "files.show" : "files.play", { name: file.name });
  const running = [loading, saving.loading].find(({ state }) => state === "running" || state === "failed") ?? loading;
  return (
    <div className="file-opened" ref={place}>
      {loading.state === "ready" ? (
        <Media file={file} shown={shown} url={loading.url} />
      ) : (
        <Poster file={file}>
          {loading.state === "idle" && (
            <Button icon={shown === "picture" ? "eye" : "play"} onClick={start}>
              {label}
            </Button>
          )}
        </Poster>
      )}
      <FileCard name={file.name} size={file.size} {...(!file.maySave && { note: t("files.only_here") })} foot={<LoadingFoot file={file} loading={running} onRetry={running === loading ? start : saving.start} />}>
        {running.state === "running" ? (
          <CancelTransfer name={file.name} onCancel={running === loading ? cancel : saving.cancel} />
        ) : (
          file.maySave && <SaveButton name={file.name} onSave={saving.start} />
        )}
      </FileCard>
    </div>
  );
}

function Media({ file, shown, url }: { readonly file: ShownFile; readonly shown: "picture" | "video" | "sound"; readonly url: string }) {
  const t = useText();
  // Where it may not be kept, the browser's own ways to keep it are not offered; who knows how still can.
  const kept = file.maySave ? {} : { onContextMenu: (event: { preventDefault(): void }) => event.preventDefault() };
  const controls = file.maySave ? {} : { controlsList: "nodownload" };
  switch (shown) {
    case "picture":
      return <img className="file-media" style={boxOf(file)} src={url} alt={t("files.picture", { name: file.name })} {...kept} />;
    case "video":
      // oxlint-disable-next-line jsx-a11y/media-has-caption -- nobody made any
      return <video className="file-media" style={boxOf(file)} src={url} controls playsInline aria-label={t("files.video", { name: file.name })} {...controls} {...kept} />;
    case "sound":
      // oxlint-disable-next-line jsx-a11y/media-has-caption -- nobody made any
      return <audio className="file-sound" src={url} controls aria-label={file.name} {...controls} {...kept} />;
  }
}

function Poster({ file, children }: { readonly file: ShownFile; readonly children: React.ReactNode }) {
  const [url, setUrl] = useState<string | null>(null);
  const { thumbnail } = file;
  useEffect(() => {
    if (!thumbnail) return undefined;
    // The browser finds out by itself which of the two it is.
    const made = URL.createObjectURL(new Blob([thumbnail], { type: thumbnail[0] === 0xff ? "image/jpeg" : "image/webp" }));
    // oxlint-disable-next-line react/set-state-in-effect -- the address must end with the view
    setUrl(made);
    return () => {
      URL.revokeObjectURL(made);
    };
  }, [thumbnail]);
  if (url === null && children === false) return null;
  return (
    <div className="file-poster" style={boxOf(file)}>
      {url !== null && <img src={url} alt="" />}
      {children}
    </div>
  );
}

/** As wide as the words over a picture that did not come yet. */
const LEAST_WIDTH = 160;

/** As much room as it will need, so that nothing jumps when it comes; none is drawn larger than it is. */
function boxOf({ dimensions }: ShownFile): CSSProperties {
  if (!dimensions) return {};
  const { width, height } = dimensions;
  return { aspectRatio: `${String(width)} / ${String(height)}`, width: `${String(Math.max(width, LEAST_WIDTH))}px` };
}

function LoadingFoot({ file, loading, onRetry }: { readonly file: ShownFile; readonly loading: Loading; readonly onRetry: () => void }) {
  const t = useText();
  if (loading.state === "running") return <TransferProgress label={t("files.loading", { name: file.name })} progress={loading.progress} />;
  if (loading.state === "failed") return <TransferStopped failure={loading.failure} onRetry={onRetry} />;
  return null;
}

function SaveButton({ name, onSave }: { readonly name: string; readonly onSave: () => void }) {
  const t = useText();
  return <IconButton icon="save" label={t("files.save", { name })} onClick={onSave} />;
}

interface Saving {
  readonly loading: Loading;
  readonly start: () => void;
  readonly cancel: () => void;
}

/** Saves a file outside of the app; that goes on when its message is scrolled away. */
function useSaving(file: ShownFile, files: FileSource): Saving {
  const { client } = useApp();
  const [transfer, setTransfer] = useState<Transfer<Blob> | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const start = (): void => {
    const begun = transfer ? null : beginSaving(files, file);
    if (!begun) return;
    setTransfer(begun);
    setFailure(null);
    const finish = async (): Promise<void> => {
      const outcome = await begun.done;
      setTransfer(null);
      if (outcome.ok) {
        handOut(outcome.value, file.name);
        client.board.notify("status", (t) => t("files.saved", { name: file.name }));
      } else if (outcome.failure.code !== "file_cancelled") setFailure(outcome.failure);
    };
    void finish();
  };
  const loading: Loading = transfer
    ? { state: "running", progress: transfer.progress }
    : failure
      ? { state: "failed", failure }
      : { state: "idle" };
  return { loading, start, cancel: () => transfer?.cancel() };
}

/** Does something once when an element comes near to where it is seen. */
function useWhenSeen(place: React.RefObject<HTMLElement | null>, wanted: boolean, act: () => void): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    const element = place.current;
    if (!wanted || !element) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        latest.current();
      },
      { rootMargin: "300px" },
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, [place, wanted]);
}
