import { useEffect, useRef, type ReactNode } from "react";
import { useText } from "../app/context";
import { Words } from "../contacts/words";

/** The words that both devices are to show. They come while one waits for the other device, so the focus goes to them. */
export function Compare({ words, children }: { readonly words: readonly string[]; readonly children: ReactNode }) {
  const t = useText();
  const question = useRef<HTMLParagraphElement>(null);
  useEffect(() => question.current?.focus(), []);
  return (
    <div className="pairing-words">
      <p ref={question} tabIndex={-1}>
        {children}
      </p>
      <Words words={words} label={t("pairing.words")} />
      <p className="soft">{t("pairing.words_why")}</p>
    </div>
  );
}
