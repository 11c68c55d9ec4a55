import { useText } from "../app/context";

/** Words to say or to compare, in their order. */
export function Words({ words, label }: { readonly words: readonly string[]; readonly label?: string }) {
  const t = useText();
  if (words.length === 0) {
    return (
      <p className="soft words-waiting" role="status">
        <span className="spinner" aria-hidden="true" /> {t("contact.words.loading")}
      </p>
    );
  }
  return (
    <ol className="id-words" aria-label={label ?? t("contact.words")} lang="en" translate="no">
      {words.map((word, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- a word may come twice
        <li key={`${String(index)} ${word}`}>{word}</li>
      ))}
    </ol>
  );
}
