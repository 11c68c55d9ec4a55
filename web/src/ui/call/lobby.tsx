import type { MouseEvent } from "react";
import type { CallView } from "../../core/generated/CallView";
import type { KnockView } from "../../core/generated/KnockView";
import { failureText } from "../../i18n/codes";
import { useApp } from "../app/context";
import { Avatar } from "../parts/avatar";
import { Button } from "../parts/button";
import { Icon } from "../parts/icons";
import { keepFocus } from "./keep-focus";

/** Lets guests in, or turns one away, and says what came of it. */
function useLobby(): { readonly admit: (knocks: readonly KnockView[]) => void; readonly deny: (knock: KnockView) => void } {
  const { client } = useApp();
  const say = async (doing: ReturnType<typeof client.commands.denyGuest>): Promise<void> => {
    const outcome = await doing;
    if (!outcome.ok) client.board.notify("alert", (t) => failureText(t, outcome.failure));
  };
  return {
    admit: (knocks) => void say(client.commands.admitGuests(knocks.map(({ knock_id }) => knock_id))),
    deny: ({ device_id }) => void say(client.commands.denyGuest(device_id)),
  };
}

/** Says over the pictures that guests wait, to who may let them in. */
export function LobbyNotice({ call, onSee }: { readonly call: CallView; readonly onSee: () => void }) {
  const { t } = useApp();
  const { admit, deny } = useLobby();
  const { lobby } = call;
  const [first] = lobby;
  return (
    <div role="status">
      {first && (
        <div className="problem asked">
          <Icon name="person" />
          <div className="problem-text">
            <p>{lobby.length === 1 ? t("lobby.one", { name: first.name }) : t("lobby.many", { count: lobby.length })}</p>
            <div className="asked-answers">
              <Button
                look="primary"
                onClick={(event) => {
                  keepFocus(event);
                  admit(lobby);
                }}
              >
                {lobby.length === 1 ? t("lobby.admit") : t("lobby.admit_all")}
              </Button>
              {lobby.length === 1 ? (
                <Button
                  onClick={(event) => {
                    keepFocus(event);
                    deny(first);
                  }}
                >
                  {t("lobby.deny")}
                </Button>
              ) : (
                <Button onClick={onSee}>{t("lobby.see")}</Button>
              )}
            </div>
          </div>
        </div>
      )}
    </div>
  );
}

/** Who waits, in the panel of the people. */
export function LobbyList({ call }: { readonly call: CallView }) {
  const { t } = useApp();
  const { admit, deny } = useLobby();
  const { lobby } = call;
  if (lobby.length === 0) return null;
  return (
    <section className="lobby">
      <h3 tabIndex={-1}>{t("lobby.title")}</h3>
      {lobby.length > 1 && (
        <Button
          look="primary"
          onClick={(event) => {
            keepPlace(event);
            admit(lobby);
          }}
        >
          {t("lobby.admit_all")}
        </Button>
      )}
      <ul className="rows">
        {lobby.map((knock) => (
          <li key={knock.device_id} className="row">
            <Avatar id={knock.device_id} name={knock.name} />
            <div className="row-text">
              <span className="row-title">
                <bdi>{knock.name}</bdi>
              </span>
              <span className="soft">{t("lobby.by", { name: knock.invited_by })}</span>
              <div className="row-actions">
                <Button
                  look="quiet"
                  icon="check"
                  onClick={(event) => {
                    keepPlace(event);
                    admit([knock]);
                  }}
                >
                  {t("lobby.admit_name", { name: knock.name })}
                </Button>
                <Button
                  look="quiet"
                  icon="close"
                  onClick={(event) => {
                    keepPlace(event);
                    deny(knock);
                  }}
                >
                  {t("lobby.deny_name", { name: knock.name })}
                </Button>
              </div>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}


/** The button goes with the guest; the focus stays with the heading of the list. */
function keepPlace({ currentTarget }: MouseEvent): void {
  currentTarget.closest("aside")?.querySelector("h2")?.focus({ preventScroll: true });
}
