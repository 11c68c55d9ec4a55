import { useEffect, useRef, useState, type ReactNode } from "react";
import type { PersonCard } from "../../core/generated/PersonCard";
import type { Route } from "../../state/routes";
import { useApp, useRoom, useStore } from "../app/context";
import { Link } from "../app/link";
import { AskForNotices } from "../app/notice-choices";
import { useTitle } from "../app/title";
import { Button } from "../parts/button";
import { Icon } from "../parts/icons";
import { useMatches } from "../parts/matches";
import { useRoomTitle } from "../parts/room-title";
import { Wordmark } from "../parts/wordmark";
import { CallBanner } from "../ring/call-banner";
import { NewMessage } from "./new-message";
import { NewRoom } from "./new-room";
import { SearchedRooms } from "./search";
import { useSearchKey } from "./use-search-key";
import { UserMenu } from "./user-menu";

/** Where the list and the page do not fit beside each other; the same width as in the style sheets. */
const PHONE = "(max-width: 760px)";

/** Where the skip link leads. */
const CONTENT = { id: "content", tabIndex: -1 } as const;

const AS_MAIN = { ...CONTENT, role: "main" } as const;

interface Props {
  readonly me: PersonCard;
  readonly route: Route;
  readonly children: ReactNode;
}

/** Rooms on the left, the page beside them; at phone width one of the two. */
export function Shell({ me, route, children }: Props) {
  const t = useApp().t;
  const { navigator } = useApp();
  const [seeking, setSeeking] = useState(false);
  const [dialog, setDialog] = useState<"room" | "message" | null>(null);
  const close = (): void => {
    setDialog(null);
  };
  const narrow = useMatches(PHONE);
  const inRoom = route.page === "room" || route.page === "call";
  useSearchKey(() => {
    // There it stands with the rooms, on a page of their own.
    if (narrow && route.page !== "home") navigator.go({ page: "home" });
    setSeeking(true);
  });
  // Parts of the page's own content are no landmarks of the whole.
  const part = narrow ? "none" : undefined;
  const list = (
    <>
      <header className="sidebar-header" role={part}>
        <Wordmark />
        <UserMenu me={me} />
      </header>
      {narrow && <CallBanner route={route} />}
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
      <SearchedRooms
        current={inRoom ? route.roomId : null}
        wanted={seeking}
        onReached={() => {
          setSeeking(false);
        }}
      />
      <AskForNotices />
      <footer className="sidebar-footer" role={part}>
        <CallBar route={route} />
        <ConnectionLine />
      </footer>
    </>
  );
  useKeptFocus(narrow);
  const atHome = route.page === "home";
  return (
    // Each part has one place in the tree, whatever the width: who turns a tablet goes on where they were.
    <div className="shell">
      {!narrow && (
        <a className="skip-link" href="#content">
          {t("app.skip")}
        </a>
      )}
      {(!narrow || atHome) && (
        <div className="sidebar" {...(narrow && AS_MAIN)}>
          {narrow && <PhoneTitle />}
          {list}
        </div>
      )}
      {(!narrow || !atHome) && (
        <main className="page" {...CONTENT}>
          {narrow && <ConnectionLine />}
          <CallBanner route={route} />
          {children}
        </main>
      )}
      {dialog === "room" && <NewRoom onClose={close} />}
      {dialog === "message" && <NewMessage onClose={close} />}
    </div>
  );
}

/** Of the list of rooms, where it is the page itself. */
function PhoneTitle() {
  const t = useApp().t;
  useTitle(t("main.rooms"));
  return <h1 className="visually-hidden">{t("main.rooms")}</h1>;
}

/** What had the focus may not be there at another width. */
function useKeptFocus(narrow: boolean): void {
  const before = useRef(narrow);
  useEffect(() => {
    if (before.current === narrow) return;
    before.current = narrow;
    if (document.activeElement === document.body) document.getElementById(CONTENT.id)?.focus({ preventScroll: true });
  }, [narrow]);
}

/** The way back to a call that goes on while one reads elsewhere. */
function CallBar({ route }: { readonly route: Route }) {
  const { client, t } = useApp();
  const call = useStore(client.call);
  const title = useRoomTitle()(useRoom(call?.room_id ?? ""));
  if (!call || call.phase === "removed" || call.phase === "ended" || (route.page === "call" && route.roomId === call.room_id)) return null;
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
