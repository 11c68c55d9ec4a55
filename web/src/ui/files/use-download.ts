import { useCallback, useEffect, useRef, useState } from "react";
import type { Transfer } from "../../files/client";
import { safeType } from "../../files/kinds";
import type { Progress, SealedFile } from "../../files/wire";
import type { Failure } from "../../state/core";
import type { Readable } from "../../state/observable";
import type { FileSource } from "./shown-file";

export type Loading =
  | { readonly state: "idle" }
  | { readonly state: "running"; readonly progress: Readable<Progress> }
  /** The address of the opened file in memory, good for as long as the view stands. */
  | { readonly state: "ready"; readonly url: string; readonly blob: Blob }
  | { readonly state: "failed"; readonly failure: Failure };

interface Download {
  readonly loading: Loading;
  readonly start: () => void;
  readonly cancel: () => void;
}

/** Brings a file into memory, to be shown; what a view has no use for any more is let go. */
export function useDownload(files: FileSource, sealed: SealedFile | null, mediaType: string): Download {
  const [loading, setLoading] = useState<Loading>({ state: "idle" });
  const transfer = useRef<Transfer<Blob> | null>(null);
  const url = useRef<string | null>(null);

  useEffect(
    () => () => {
      transfer.current?.cancel();
      transfer.current = null;
      if (url.current !== null) URL.revokeObjectURL(url.current);
      url.current = null;
    },
    [],
  );

  const start = useCallback((): void => {
    if (!sealed || transfer.current || url.current !== null) return;
    const begun = files.download(sealed, safeType(mediaType), "memory");
    transfer.current = begun;
    setLoading({ state: "running", progress: begun.progress });
    const finish = async (): Promise<void> => {
      const outcome = await begun.done;
      // The view is gone, or somebody cancelled.
      if (transfer.current !== begun) return;
      transfer.current = null;
      if (!outcome.ok) return setLoading({ state: "failed", failure: outcome.failure });
      url.current = URL.createObjectURL(outcome.value);
      setLoading({ state: "ready", url: url.current, blob: outcome.value });
    };
    void finish();
  }, [files, sealed, mediaType]);

  const cancel = useCallback((): void => {
    transfer.current?.cancel();
    transfer.current = null;
    setLoading({ state: "idle" });
  }, []);

  return { loading, start, cancel };
}
