import { useState, type FormEvent } from "react";
import type { RoomView } from "../../core/generated/RoomView";
import { failureText } from "../../i18n/codes";
import { useApp } from "../app/context";
import { Button } from "../parts/button";
import { Field } from "../parts/field";
import { nameProblem } from "../rooms/new-room";

/** Gives a room another name. */
export function RenameRoom({ room }: { readonly room: RoomView }) {
  const { client, t } = useApp();
  const [name, setName] = useState(room.title);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const title = name.trim();
    const wrong = nameProblem(title);
    setError(wrong && t(wrong));
    if (busy || wrong || title === room.title) return;
    setBusy(true);
    const outcome = await client.commands.renameRoom(room.room_id, title);
    setBusy(false);
    if (!outcome.ok) setError(failureText(t, outcome.failure));
  };

  return (
    <form
      className="inline-form"
      noValidate
      onSubmit={(event) => {
        void submit(event);
      }}
    >
      <Field
        label={t("new_room.name")}
        value={name}
        error={error}
        autoComplete="off"
        onChange={(event) => {
          setName(event.target.value);
        }}
      />
      <Button type="submit" busy={busy}>
        {t(busy ? "details.rename_busy" : "details.rename_submit")}
      </Button>
    </form>
  );
}
