import { useState } from "react";
import { useText } from "../app/context";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { CancelTransfer, FileCard, TransferProgress, TransferStopped } from "./file-card";
import { PdfView } from "./pdf/pdf-view";
import type { FileSource, ShownFile } from "./shown-file";
import { useDownload } from "./use-download";

interface Props {
  readonly file: ShownFile;
  readonly files: FileSource;
  /** To save it, where that may be; and how far that is. */
  readonly save: React.ReactNode;
  readonly saving: React.ReactNode;
}

/** A document that can be read here: opened from memory, over the page. */
export function DocumentFile({ file, files, save, saving }: Props) {
  const t = useText();
  const { loading, start, cancel } = useDownload(files, file.sealed, file.mediaType);
  const [open, setOpen] = useState(false);
  const foot =
    loading.state === "running" ? (
      <TransferProgress label={t("files.loading", { name: file.name })} progress={loading.progress} />
    ) : loading.state === "failed" ? (
      <TransferStopped failure={loading.failure} onRetry={start} />
    ) : (
      saving
    );
  return (
    <div className="file-opened">
      <FileCard name={file.name} size={file.size} {...(!file.maySave && { note: t("files.only_here") })} foot={foot}>
        {loading.state === "running" ? <CancelTransfer name={file.name} onCancel={cancel} /> : save}
      </FileCard>
      {loading.state !== "failed" && (
        <Button
          icon="eye"
          busy={loading.state === "running"}
          onClick={() => {
            start();
            setOpen(true);
          }}
        >
          {t("files.open", { name: file.name })}
        </Button>
      )}
      {open && loading.state === "ready" && (
        <Dialog
          title={file.name}
          wide
          onClose={() => {
            setOpen(false);
          }}
        >
          <PdfView blob={loading.blob} name={file.name} maySave={file.maySave} />
        </Dialog>
      )}
    </div>
  );
}
