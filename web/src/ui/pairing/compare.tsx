import type { ReactNode } from "react";
import { useText } from "../app/context";
import { Words } from "../contacts/words";

/** The words that both devices are to show. */
export function Compare({ words, children }: { readonly words: readonly string[]; readonly children: ReactNode }) {
  const t = useText();
  return (
    <>
      <p>{children}</p>
      <Words words={words} label={t("pairing.words")} />
      <p className="soft">{t("pairing.words_why")}</p>
    </>
  );
}
