import type { FileHint } from "../core/generated/FileHint";
import { withoutMarks } from "../state/markup/plain";
import type { Translate } from "./translate";

/** What a message says, in one line: its text, its file, or both; empty where it has neither. */
export function lineText(t: Translate, preview: string, file: FileHint | null): string {
  const text = withoutMarks(preview);
  if (!file) return text;
  const word = file.kind === "other" || file.kind === "sound" ? file.name : t(`files.kind.${file.kind}`);
  return text === "" ? word : t("files.kind.with_text", { file: word, text });
}
