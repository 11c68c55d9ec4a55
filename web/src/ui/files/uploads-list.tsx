import { useMemo, useRef } from "react";
import type { UploadView } from "../../files/uploads";
import { useApp, useStore, useText } from "../app/context";
import { FailureText } from "../parts/messages";
import { CancelTransfer, FileCard, TransferProgress, TransferStopped } from "./file-card";

/** What is on its way into a room, over the place where one writes. */
export function UploadsList({ roomId }: { readonly roomId: string }) {
  const { files, t } = useApp();
  const all = useStore(files.uploads.all);
  const here = useMemo(() => all.filter((upload) => upload.roomId === roomId), [all, roomId]);
  if (here.length === 0) return null;
  return (
    <ul className="uploads" aria-label={t("files.uploads")}>
      {here.map((upload) => (
        <li key={upload.id}>
          <Upload upload={upload} />
        </li>
      ))}
    </ul>
  );
}

function Upload({ upload }: { readonly upload: UploadView }) {
  const { client, files, t } = useApp();
  const { id, roomId, size, stage, voiceNote } = upload;
  const cancel = (): void => {
    files.uploads.cancel(id);
    client.writings.resume(roomId);
  };
  const name = voiceNote ? t("voice.name") : upload.name;
  return (
    <FileCard name={name} size={stage === "running" || stage === "posting" ? null : size} mark={voiceNote ? "microphone" : "file"} foot={<UploadFoot upload={upload} name={name} />}>
      <CancelTransfer name={name} onCancel={cancel} />
    </FileCard>
  );
}

function UploadFoot({ upload, name }: { readonly upload: UploadView; readonly name: string }) {
  const { files, t } = useApp();
  const { id, stage, failure, progress } = upload;
  switch (stage) {
    case "queued":
      return <p className="file-size">{t("files.queued")}</p>;
    case "running":
    case "posting":
      return <TransferProgress label={t("files.sending", { name })} progress={progress} />;
    case "failed":
      return failure && <TransferStopped failure={failure} onRetry={() => files.uploads.retry(id)} />;
    case "interrupted":
      return <Interrupted upload={upload} />;
  }
}

/** The page that had the file is gone: the browser hands it out again only to who chooses it. */
function Interrupted({ upload: { id, failure, choosable } }: { readonly upload: UploadView }) {
  const t = useText();
  const { files } = useApp();
  const input = useRef<HTMLInputElement>(null);
  if (!choosable) return <p className="file-size">{t("files.lost")}</p>;
  return (
    <div className="file-stopped">
      <FailureText failure={failure} />
      {!failure && <p className="file-size">{t("files.interrupted")}</p>}
      <button type="button" className="text-button" onClick={() => input.current?.click()}>
        {t("files.choose_again")}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        aria-hidden="true"
        tabIndex={-1}
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = "";
          if (file) files.uploads.choose(id, file);
        }}
      />
    </div>
  );
}
