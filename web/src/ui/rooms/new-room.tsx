import { useRef, useState, type FormEvent } from "react";
import type { Failure } from "../../state/core";
import { excess, MAX_TITLE_LEN } from "../../state/limits";
import { useApp, useMe } from "../app/context";
import { Dialog, FormFooter } from "../parts/dialog";
import { Field } from "../parts/field";
import { FailureText } from "../parts/messages";
import { EMPTY_PICKER, PeoplePicker, useFinishPicker } from "../parts/people-picker";

/** Makes a room with people in it. */
export function NewRoom({ onClose }: { readonly onClose: () => void }) {
  const { client, navigator, t } = useApp();
  const me = useMe();
  const members = me ? [me] : [];
  const [name, setName] = useState("");
  const [nameError, setNameError] = useState<string | null>(null);
  const [picker, setPicker] = useState(EMPTY_PICKER);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const nameBox = useRef<HTMLInputElement>(null);
  const finish = useFinishPicker(members);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setFailure(null);
    const wrong = nameProblem(name.trim());
    setNameError(wrong && t(wrong));
    if (wrong) {
      nameBox.current?.focus();
      return;
    }
    setBusy(true);
    const finished = await finish(picker);
    setPicker(finished);
    if (finished.error === null) {
      const outcome = await client.commands.createRoom(name.trim(), finished.people.map((person) => person.email));
      if (outcome.ok) {
        onClose();
        navigator.go({ page: "room", roomId: outcome.value.room_id });
        return;
      }
      setFailure(outcome.failure);
    }
    setBusy(false);
  };

  return (
    <Dialog title={t("new_room.title")} onClose={onClose} keep>
      <form
        noValidate
        onSubmit={(event) => {
          void submit(event);
        }}
      >
        <div className="dialog-body">
          <Field
            ref={nameBox}
            autoFocus
            label={t("new_room.name")}
            value={name}
            error={nameError}
            autoComplete="off"
            onChange={(event) => {
              setName(event.target.value);
              setNameError(null);
            }}
          />
          <PeoplePicker state={picker} onChange={setPicker} members={members} hint={t("new_room.people_hint")} />
          <FailureText failure={failure} />
        </div>
        <FormFooter submit={t(busy ? "new_room.busy" : "new_room.submit")} busy={busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}

/** What is wrong with a title, as the key of its text. */
export function nameProblem(title: string): "new_room.name_missing" | "error.title_too_long" | null {
  if (title === "") return "new_room.name_missing";
  return excess(title, MAX_TITLE_LEN) > 0 ? "error.title_too_long" : null;
}
