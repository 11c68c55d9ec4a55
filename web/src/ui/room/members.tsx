import { useState } from "react";
import type { PersonCard } from "../../core/generated/PersonCard";
import type { RoomView } from "../../core/generated/RoomView";
import { useApp } from "../app/context";
import { ContactButton } from "../contacts/contact-button";
import { Avatar } from "../parts/avatar";
import { IconButton } from "../parts/button";
import { Confirm } from "../parts/dialog";
import { Note } from "../parts/messages";
import { TrustBadge } from "../parts/trust";

/** Who is in a room, and what one knows of their keys. */
export function Members({ room }: { readonly room: RoomView }) {
  const { client, t } = useApp();
  const [removing, setRemoving] = useState<PersonCard | null>(null);
  const mayRemove = room.moderator && room.kind === "room";
  return (
    <>
      <ul className="rows">
        {room.members.map((person) => (
          <li key={person.user_id} className="row">
            <Avatar id={person.user_id} name={person.name} />
            <div className="row-text">
              <ContactButton userId={person.user_id} name={person.name} className="row-title">
                {person.trust === "own" ? t("common.name_you", { name: person.name }) : person.name}
              </ContactButton>
              <span className="soft">{person.email}</span>
              {person.trust !== "own" && <TrustBadge trust={person.trust} />}
            </div>
            {mayRemove && person.trust !== "own" && (
              <IconButton
                icon="close"
                label={t("details.remove", { name: person.name })}
                onClick={() => {
                  setRemoving(person);
                }}
              />
            )}
            {person.trust === "changed" && <Note tone="warning">{t("trust.changed_text", { name: person.name })}</Note>}
          </li>
        ))}
      </ul>
      {removing && (
        <Confirm
          title={t("details.remove_title", { name: removing.name })}
          text={<p>{t("details.remove_text", { name: removing.name })}</p>}
          confirm={t("details.remove_confirm")}
          act={() => client.commands.removePerson(room.room_id, removing.user_id)}
          onClose={() => {
            setRemoving(null);
          }}
        />
      )}
    </>
  );
}
