import type { TextKey } from "../../i18n/translate";
import { useApp } from "../app/context";

/** Copies a text, and says so; where the browser does not allow it, says that. */
export function useCopy(): (text: string, done: "guest_links.copied" | "call_link.copied" | "message.copied") => Promise<void> {
  const { client } = useApp();
  return async (text, done) => {
    try {
      await navigator.clipboard.writeText(text);
      client.board.notify("status", (t) => t(done satisfies TextKey));
    } catch {
      client.board.notify("alert", (t) => t("guest_links.copy_failed"));
    }
  };
}
