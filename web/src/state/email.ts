/** Whether a text looks like an e-mail address; the core judges, this only saves a round trip while typing. */
export function looksLikeEmail(text: string): boolean {
  return /^[^\s@,;]+@[^\s@,;.]+(\.[^\s@,;.]+)*$/.test(text.trim());
}

/** One form per address, as in `protocol::Email`. */
export function normalEmail(text: string): string {
  return text.trim().toLowerCase();
}

/** Cuts what was typed or pasted at commas, semicolons and white space. */
export function splitEmails(text: string): string[] {
  return text.split(/[\s,;]+/).filter((part) => part !== "");
}
