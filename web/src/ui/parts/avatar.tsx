/** Number of avatar colours in tokens.css. */
const HUES = 6;

/** Initials on a colour that belongs to the id. Decoration: the name stands beside it. */
export function Avatar({ id, name, size = "medium" }: { readonly id: string; readonly name: string; readonly size?: "small" | "medium" | "large" }) {
  return (
    <span className={`avatar avatar-${size} avatar-hue-${String(hueOf(id))}`} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}

function initialsOf(name: string): string {
  const words = name.split(/\s+/).filter((word) => word !== "");
  const first = words[0]?.slice(0, 1) ?? "";
  const last = words.length > 1 ? (words.at(-1)?.slice(0, 1) ?? "") : "";
  return (first + last).toUpperCase();
}

function hueOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return sum % HUES;
}
