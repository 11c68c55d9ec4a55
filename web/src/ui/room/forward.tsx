import { useRef, useState, type FormEvent } from "react";
import type { MessageView } from "../../core/generated/MessageView";
import { listText } from "../../i18n/format";
import type { Failure } from "../../state/core";
import { roomsThatMatch } from "../../state/search";
import { useApp, useStore } from "../app/context";
import { Dialog, FormFooter } from "../parts/dialog";
import { Icon } from "../parts/icons";
import { FailureText } from "../parts/messages";
import { RoomAvatar } from "../parts/room-avatar";
import { useRoomTitle } from "../parts/room-title";
import { useForward } from "./use-forward";

interface Props {
  readonly roomId: string;
  readonly message: MessageView;
  readonly onClose: () => void;
}

/** Asks into which rooms a message is to be handed on, and does it. */
export function ForwardMessage({ roomId, message, onClose }: Props) {
  const { client, t } = useApp();
  const titleOf = useRoomTitle();
  const rooms = useStore(client.rooms) ?? [];
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [failure, setFailure] = useState<Failure | null>(null);
  const [missing, setMissing] = useState(false);
  const box = useRef<HTMLInputElement>(null);
  const { forward, busy } = useForward(roomId, message);
  const open = rooms.filter(({ room_id, refusal }) => room_id !== roomId && refusal === null);
  // What is chosen stays in sight, whatever is looked for.
  const found = new Set(roomsThatMatch(open, titleOf, query));
  const matching = open.filter((room) => found.has(room) || chosen.has(room.room_id));

  const choose = (id: string, on: boolean): void => {
    const next = new Set(chosen);
    if (on) next.add(id);
    else next.delete(id);
    setMissing(false);
    setChosen(next);
  };
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    const to = open.filter(({ room_id }) => chosen.has(room_id));
    setMissing(to.length === 0);
    setFailure(null);
    if (to.length === 0) return box.current?.focus();
    const { reached, failure } = await forward(to);
    // What went through is not sent again by trying again.
    setChosen((chosen) => new Set([...chosen].filter((id) => !reached.some(({ room_id }) => room_id === id))));
    if (failure) return setFailure(failure);
    onClose();
    const names = listText(t.locale, reached.map(titleOf));
    client.board.notify("status", (t) => t("forward.done", { count: reached.length, rooms: names }));
  };

  return (
    <Dialog title={t("forward.title")} onClose={onClose}>
      <form
        noValidate
        onSubmit={(event) => {
          void submit(event);
        }}
      >
        <div className="dialog-body">
          <div className="search-box" role="search">
            <Icon name="search" size={18} />
            <input
              ref={box}
              type="search"
              // oxlint-disable-next-line jsx-a11y/no-autofocus
              autoFocus
              value={query}
              aria-label={t("forward.search")}
              placeholder={t("forward.search")}
              autoComplete="off"
              onKeyDown={(event) => {
                // One chooses first.
                if (event.key === "Enter") event.preventDefault();
              }}
              onChange={(event) => {
                setQuery(event.target.value);
              }}
            />
          </div>
          <ul className="forward-rooms" aria-label={t("forward.rooms")}>
            {matching.map((room) => (
              <li key={room.room_id}>
                <label className="forward-room">
                  <input
                    type="checkbox"
                    checked={chosen.has(room.room_id)}
                    onChange={(event) => {
                      choose(room.room_id, event.target.checked);
                    }}
                  />
                  <RoomAvatar room={room} />
                  <bdi>{titleOf(room)}</bdi>
                </label>
              </li>
            ))}
          </ul>
          <p className="soft" role="status">
            {found.size === 0 && t("forward.none")}
          </p>
          <p className="soft">
            {t("forward.text")} {message.ends_at !== null && t("forward.ends")} {message.body.type === "file" && t("forward.file")}
          </p>
          {missing && (
            <p className="field-error" role="alert">
              <Icon name="alert" size={16} />
              {t("forward.choose")}
            </p>
          )}
          <FailureText failure={failure} />
        </div>
        <FormFooter submit={t(busy ? "forward.busy" : "forward.submit")} busy={busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}
