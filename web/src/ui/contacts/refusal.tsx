import { useState } from "react";
import type { PersonCard } from "../../core/generated/PersonCard";
import type { RoomView } from "../../core/generated/RoomView";
import { isTextKey } from "../../i18n/translate";
import { useApp } from "../app/context";
import { Button } from "../parts/button";
import { Note } from "../parts/messages";
import { ContactDialog } from "./contact-dialog";

/** Why nothing passes in a direct room, and the way to change it. Stands where one would write. */
export function Refusal({ room, refusal }: { readonly room: RoomView; readonly refusal: string }) {
  const { t } = useApp();
  const [open, setOpen] = useState(false);
  const other: PersonCard | undefined = room.members.find(({ trust }) => trust !== "own");
  if (!other) return null;
  const { name } = other;
  const key = `refusal.${refusal}`;
  const text = t(isTextKey(key) && isRefusal(key) ? key : "refusal.not_verified", { name });
  const verify = refusal === "verify_first" || refusal === "identity_changed";
  return (
    <div className="room-refusal">
      <Note tone={refusal === "identity_changed" ? "warning" : "info"} icon={refusal === "identity_changed" ? "shield_alert" : "lock"}>
        <p>{text}</p>
        {verify && room.aside > 0 && <p>{t("refusal.aside", { count: room.aside })}</p>}
        <Button
          look={verify ? "primary" : "plain"}
          onClick={() => {
            setOpen(true);
          }}
        >
          {t(verify ? "refusal.verify" : "refusal.contact", { name })}
        </Button>
      </Note>
      {open && (
        <ContactDialog
          userId={other.user_id}
          name={name}
          onClose={() => {
            setOpen(false);
          }}
        />
      )}
    </div>
  );
}

type RefusalKey = "refusal.verify_first" | "refusal.not_verified" | "refusal.contact_declined" | "refusal.identity_changed";

function isRefusal(key: string): key is RefusalKey {
  return ["refusal.verify_first", "refusal.not_verified", "refusal.contact_declined", "refusal.identity_changed"].includes(key);
}
