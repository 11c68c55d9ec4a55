import { useText } from "../app/context";

/** The sign and the name of the product. */
export function Wordmark() {
  const t = useText();
  return (
    <span className="wordmark">
      <svg viewBox="0 0 64 64" width="28" height="28" aria-hidden="true">
        <rect className="wordmark-ground" width="64" height="64" rx="15" />
        <path className="wordmark-ring" d="M45.5 20.5A17 17 0 1 0 45.5 43.5" />
        <circle className="wordmark-key" cx="32" cy="29.5" r="4.6" />
        <path className="wordmark-stem" d="M32 31v9" />
      </svg>
      {t("app.name")}
    </span>
  );
}
