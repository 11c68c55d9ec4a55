/**
 * Voices at a constant bitrate (B15): what has to stand in offers and answers, so that packets neither differ in length nor
 * say how loud they are. A browser reads how to encode from the answer; the server is not asked.
 */

/** How loud a packet is (RFC 6464), and each of several voices in it (RFC 6465). */
const LEVELS = /^a=extmap:.* urn:ietf:params:rtp-hdrext:(?:ssrc-audio-level|csrc-audio-level|.*mixer-to-client.*)\b.*\r?\n/gm;

/** Constant bitrate, and packets in silence too (RFC 7587 §6.1). */
const CONSTANT = { cbr: "1", usedtx: "0" } as const;

/** Without the extensions that say how loud a packet is. */
export function withoutLevels(sdp: string): string {
  return sdp.replaceAll(LEVELS, "");
}

/** An answer that has the browser send every Opus packet in the same length, whatever is said. */
export function withConstantVoice(answer: string): string {
  const sdp = withoutLevels(answer);
  const types = [...sdp.matchAll(/^a=rtpmap:(\d+) opus\/48000/gim)].map(([, type]) => type);
  return types.reduce<string>((text, type) => {
    // All of them, however the type is spelled: of several lines, browsers take the last word of each parameter.
    const lines = new RegExp(`^a=fmtp:0*${String(Number(type))} (.*?)\\r?\\n`, "gm");
    const given = lines.exec(text)?.[1] ?? "";
    const parameters = new Map(given.split(";").flatMap((each) => {
      const [name = "", value = ""] = each.trim().split("=");
      return name === "" ? [] : [[name, value] as const];
    }));
    for (const [name, value] of Object.entries(CONSTANT)) parameters.set(name, value);
    const fmtp = `a=fmtp:${String(type)} ${[...parameters].map(([name, value]) => `${name}=${value}`).join(";")}`;
    return text.replaceAll(lines, "").replace(new RegExp(`^a=rtpmap:${String(type)} .*?(\\r?\\n)`, "m"), `$&${fmtp}$1`);
  }, sdp);
}
