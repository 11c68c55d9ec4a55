/** A fingerprint in groups of four, as people compare them. */
export function Fingerprint({ hex }: { readonly hex: string }) {
  return <p className="fingerprint">{(hex.match(/.{1,4}/g) ?? []).join(" ")}</p>;
}
