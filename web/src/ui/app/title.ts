import { useEffect } from "react";
import { useText } from "./context";

/** Sets the title of the document, which screen readers and tabs show. */
export function useTitle(title: string): void {
  const t = useText();
  useEffect(() => {
    document.title = `${title} · ${t("app.name")}`;
  }, [title, t]);
}
