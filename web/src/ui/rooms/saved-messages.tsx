import { useEffect, useRef, useState } from "react";
import type { Found } from "../../core/generated/Found";
import type { Failure } from "../../state/core";
import { useApp, useStore } from "../app/context";
import { IconButton } from "../parts/button";
import { FailureText, Loading } from "../parts/messages";
import { useSave } from "../room/message-acts";
import { MessageLink } from "./search";
import { TextPage } from "./page";

/** What one saved to come back to it, from all rooms. */
export function SavedMessages() {
  const { client, t } = useApp();
  const { found, failure, forget } = useSaved();
  const save = useSave();
  const list = useRef<HTMLDivElement>(null);
  return (
    <TextPage title={t("saved.title")} lead={t("saved.lead")}>
      <FailureText failure={failure} />
      {found === null && !failure && <Loading>{t("saved.loading")}</Loading>}
      <div ref={list} tabIndex={-1}>
        {found?.messages.length === 0 && (
          <section className="card">
            <h2>{t("saved.empty.title")}</h2>
            <p className="soft">{t("saved.empty.text")}</p>
          </section>
        )}
        {found && found.messages.length > 0 && (
          <ul className="saved-messages" aria-label={t("saved.list")}>
            {found.messages.map((message) => (
              <li key={message.message_id}>
                <MessageLink message={message} query="" />
                <IconButton
                  icon="close"
                  label={t("saved.remove", { excerpt: message.excerpt })}
                  onClick={() => {
                    void save(message.room_id, message.message_id, false).then((done) => {
                      if (!done) return;
                      forget(message.message_id);
                      // The button goes with its row.
                      list.current?.focus();
                      client.board.announce((t) => t("saved.removed"));
                    });
                  }}
                />
              </li>
            ))}
          </ul>
        )}
      </div>
    </TextPage>
  );
}

interface Saved {
  readonly found: Found | null;
  readonly failure: Failure | null;
  /** It was taken out. */
  readonly forget: (messageId: string) => void;
}

/** Asked for anew whenever there are more or fewer, or something in the rooms is other than before: what ended is gone from here, too. */
function useSaved(): Saved {
  const { client } = useApp();
  const rooms = useStore(client.rooms);
  const session = useStore(client.session);
  const count = session.state === "signed_in" ? session.saved : 0;
  const [found, setFound] = useState<Found | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  useEffect(() => {
    let wanted = true;
    void client.commands.listSaved().then((outcome) => {
      if (!wanted) return;
      setFound(outcome.ok ? outcome.value : null);
      setFailure(outcome.ok ? null : outcome.failure);
    });
    return () => {
      wanted = false;
    };
  }, [client, rooms, count]);
  const forget = (messageId: string): void => {
    setFound((found) => found && { ...found, messages: found.messages.filter(({ message_id }) => message_id !== messageId) });
  };
  return { found, failure, forget };
}
