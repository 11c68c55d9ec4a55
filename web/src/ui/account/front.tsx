import type { ReactNode } from "react";
import { useText } from "../app/context";
import { Wordmark } from "../parts/wordmark";

/** The page around what one sees before being signed in. */
export function Front({ children }: { readonly children: ReactNode }) {
  const t = useText();
  return (
    <div className="front">
      <header className="front-header">
        <Wordmark />
        <p>{t("app.tagline")}</p>
      </header>
      <main className="front-card" id="content">
        {children}
      </main>
    </div>
  );
}
