import { useState, type FormEvent } from "react";
import type { RoomView } from "../../core/generated/RoomView";
import type { Failure } from "../../state/core";
import { useApp } from "../app/context";
import { Button } from "../parts/button";
import { FailureText } from "../parts/messages";
import { EMPTY_PICKER, PeoplePicker, useFinishPicker } from "../parts/people-picker";

/** Adds people to a room. */
export function AddPeople({ room }: { readonly room: RoomView }) {
  const { client, t } = useApp();
  const [picker, setPicker] = useState(EMPTY_PICKER);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const finish = useFinishPicker(room.members);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy || (picker.text.trim() === "" && picker.people.length === 0)) return;
    setBusy(true);
    setFailure(null);
    const finished = await finish(picker);
    setPicker(finished);
    if (finished.error === null) {
      const outcome = await client.commands.addPeople(room.room_id, finished.people.map((person) => person.email));
      if (outcome.ok) {
        setPicker(EMPTY_PICKER);
        client.board.notify("status", (t) => t("details.added", { count: finished.people.length }));
      } else setFailure(outcome.failure);
    }
    setBusy(false);
  };

  return (
    <form
      className="inline-form"
      noValidate
      onSubmit={(event) => {
        void submit(event);
      }}
    >
      <PeoplePicker state={picker} onChange={setPicker} members={room.members} hint={t("new_room.people_hint")} />
      <FailureText failure={failure} />
      <Button type="submit" busy={busy} icon="plus">
        {t(busy ? "details.add_busy" : "details.add_submit")}
      </Button>
    </form>
  );
}
