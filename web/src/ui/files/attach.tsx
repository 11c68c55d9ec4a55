import { useEffect, useRef, useState, type ReactNode, type RefObject } from "react";
import { useText } from "../app/context";
import { IconButton } from "../parts/button";

/** Chooses files to send. */
export function AttachButton({ onFiles, disabled = false }: { readonly onFiles: (files: File[]) => void; readonly disabled?: boolean }) {
  const t = useText();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton icon="attach" label={t("files.attach")} disabled={disabled} onClick={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-hidden="true"
        tabIndex={-1}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          // So that the same file can be chosen again.
          event.target.value = "";
          if (files.length > 0) onFiles(files);
        }}
      />
    </>
  );
}

interface DropProps {
  readonly onFiles: (files: File[]) => void;
  readonly children: ReactNode;
  readonly className?: string;
}

/** A place into which files can be dropped; it says so while some hang over it. */
export function DropTarget({ onFiles, children, className = "" }: DropProps) {
  const t = useText();
  // Each element inside is entered and left for itself.
  const depth = useRef(0);
  const [over, setOver] = useState(false);
  const leave = (all: boolean): void => {
    depth.current = all ? 0 : Math.max(0, depth.current - 1);
    if (depth.current === 0) setOver(false);
  };
  return (
    <div
      className={`drop-target ${className}`}
      onDragEnter={(event) => {
        if (!hasFiles(event.dataTransfer)) return;
        event.preventDefault();
        depth.current += 1;
        setOver(true);
      }}
      onDragOver={(event) => {
        if (!hasFiles(event.dataTransfer)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = "copy";
      }}
      onDragLeave={(event) => {
        if (hasFiles(event.dataTransfer)) leave(false);
      }}
      onDrop={(event) => {
        if (!hasFiles(event.dataTransfer)) return;
        event.preventDefault();
        leave(true);
        const files = filesOf(event.dataTransfer);
        if (files.length > 0) onFiles(files);
      }}
    >
      {children}
      {over && (
        <div className="drop-sign" aria-hidden="true">
          <p>{t("files.drop")}</p>
        </div>
      )}
    </div>
  );
}

/** Files that are pasted into an element, a picture of the screen say, are sent; text is pasted as ever. */
export function usePastedFiles(place: RefObject<HTMLElement | null>, onFiles: (files: File[]) => void): void {
  const latest = useRef(onFiles);
  useEffect(() => {
    latest.current = onFiles;
  });
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const paste = (event: ClipboardEvent): void => {
      const data = event.clipboardData;
      // A word processor puts a picture of the text beside it: the text is what is meant.
      if (!data || data.types.includes("text/plain")) return;
      const files = filesOf(data);
      if (files.length === 0) return;
      event.preventDefault();
      latest.current(files);
    };
    element.addEventListener("paste", paste);
    return () => {
      element.removeEventListener("paste", paste);
    };
  }, [place]);
}

function hasFiles(data: DataTransfer): boolean {
  return data.types.includes("Files");
}

function isFolder(item: DataTransferItem): boolean {
  // Not everywhere what it says.
  return (item as Partial<DataTransferItem>).webkitGetAsEntry?.()?.isDirectory === true;
}

/** Folders have no bytes, and are left out. */
function filesOf(data: DataTransfer): File[] {
  const items = [...data.items];
  if (items.length === 0) return [...data.files];
  return items.flatMap((item) => (item.kind === "file" && !isFolder(item) ? (item.getAsFile() ?? []) : []));
}
