import type { Trust } from "../../core/generated/Trust";
import { useText } from "../app/context";
import { Icon, type IconName } from "./icons";

const LOOK: Readonly<Record<Trust, { icon: IconName; tone: string }>> = {
  own: { icon: "person", tone: "grey" },
  unverified: { icon: "lock", tone: "grey" },
  verified: { icon: "shield_check", tone: "green" },
  changed: { icon: "shield_alert", tone: "red" },
  declined: { icon: "blocked", tone: "red" },
  blocked: { icon: "blocked", tone: "red" },
};

/**
 * What one knows of a person's key: grey = encrypted, not verified; green = verified by oneself; red = changed.
 * Colour is never alone: the icon differs, and the words stand beside it or in its name.
 */
export function TrustBadge({ trust, words = true, guest = false }: { readonly trust: Trust; readonly words?: boolean; readonly guest?: boolean }) {
  const t = useText();
  const { icon, tone } = LOOK[trust];
  const text = t(guest && trust !== "own" ? "trust.guest" : `trust.${trust}`);
  return (
    <span className={`trust trust-${tone}`} title={words ? undefined : text}>
      <Icon name={icon} size={16} />
      <span className={words ? undefined : "visually-hidden"}>{text}</span>
    </span>
  );
}
