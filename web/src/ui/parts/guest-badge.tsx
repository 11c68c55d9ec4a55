import { useText } from "../app/context";

/** Marks who has no account here, and a name of its own choice. */
export function GuestBadge() {
  const t = useText();
  return <span className="guest-badge">{t("guest.badge")}</span>;
}
