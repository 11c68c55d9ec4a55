import { useState, type ReactNode } from "react";
import type { PersonCard } from "../../core/generated/PersonCard";
import type { Route } from "../../state/routes";
import { useApp, useRoom, useStore } from "../app/context";
import { Link } from "../app/link";
import { Button } from "../parts/button";
import { Icon } from "../parts/icons";
import { useRoomTitle } from "../parts/room-title";
import { Wordmark } from "../parts/wordmark";
import { NewMessage } from "./new-message";
import { NewRoom } from "./new-room";
import { RoomList } from "./room-list";
import { UserMenu } from "./user-menu";

interface Props {
  readonly me: PersonCard;
  readonly route: Route;
  readonly children: ReactNode;
}

/** Rooms on the left, the page beside them; at phone width one of the two. */
export function Shell({ me, route, children }: Props) {
  const t = useApp().t;
  const [dialog, setDialog] = useState<"room" | "message" | null>(null);
  const close = (): void => {
    setDialog(null);
  };
  const inRoom = route.page === "room" || route.page === "call";
  return (
    <div className={route.page === "home" ? "shell shell-home" : "shell shell-page"}>
      <a className="skip-link" href="#content">
        {t("app.skip")}
      </a>
      <div className="sidebar">
        <header className="sidebar-header">
          <Wordmark />
          <UserMenu me={me} />
        </header>
        <div className="sidebar-actions">
          <Button
            icon="plus"
            onClick={() => {
              setDialog("room");
            }}
          >
            {t("main.new_room")}
          </Button>
          <Button
            icon="pencil"
            onClick={() => {
              setDialog("message");
            }}
          >
            {t("main.new_message")}
          </Button>
        </div>
        <RoomList current={inRoom ? route.roomId : null} />
        <footer className="sidebar-footer">
          <CallBar route={route} />
          <ConnectionLine />
        </footer>
      </div>
      <main className="page" id="content" tabIndex={-1}>
        {children}
      </main>
      {dialog === "room" && <NewRoom onClose={close} />}
      {dialog === "message" && <NewMessage onClose={close} />}
    </div>
  );
}

/** The way back to a call that goes on while one reads elsewhere. */
function CallBar({ route }: { readonly route: Route }) {
  const { client, t } = useApp();
  const call = useStore(client.call);
  const title = useRoomTitle()(useRoom(call?.room_id ?? ""));
  if (!call || call.phase === "removed" || (route.page === "call" && route.roomId === call.room_id)) return null;
  return (
    <div className="call-bar">
      <p>{t("main.in_call_elsewhere", { room: title })}</p>
      <Link to={{ page: "call", roomId: call.room_id }} className="button button-primary">
        <Icon name="phone" />
        {t("main.return_to_call")}
      </Link>
    </div>
  );
}

/** Says when the server cannot be reached; silent while all is well. */
function ConnectionLine() {
  const { client, t } = useApp();
  const session = useStore(client.session);
  if (session.state !== "signed_in" || session.connection === "online") return null;
  return (
    <p className={`connection connection-${session.connection}`}>
      {session.connection === "offline" ? <Icon name="offline" /> : <span className="spinner" aria-hidden="true" />}
      {t(`connection.${session.connection}`)}
    </p>
  );
}
