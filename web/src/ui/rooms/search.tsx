import { useEffect, useEffectEvent, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import type { Found } from "../../core/generated/Found";
import type { FoundMessage } from "../../core/generated/FoundMessage";
import type { PersonCard } from "../../core/generated/PersonCard";
import { failureText } from "../../i18n/codes";
import { agoText } from "../../i18n/format";
import type { Failure } from "../../state/core";
import { markedParts, peopleOf, peopleThatMatch, roomsThatMatch } from "../../state/search";
import { useApp, useRoom, useStore } from "../app/context";
import { Link } from "../app/link";
import { Avatar } from "../parts/avatar";
import { IconButton } from "../parts/button";
import { FailureText } from "../parts/messages";
import { Icon } from "../parts/icons";
import { useNow } from "../parts/now";
import { RoomAvatar } from "../parts/room-avatar";
import { useRoomTitle } from "../parts/room-title";
import { RoomList, RoomLink } from "./room-list";

/** How long one types on before what was said is searched: each letter would search for too much. */
const PAUSE_MS = 200;

interface SearchedProps {
  readonly current: string | null;
  /** One wants to look for something: the box takes the focus, and says so. */
  readonly wanted?: boolean;
  /** The box has the focus as one wanted. */
  readonly onReached?: () => void;
}

/** A row has one link or button of its own. */
const ROWS = "nav .room-link-title";

/** The rooms, and what one looks for among them, their people and what was said. */
export function SearchedRooms({ current, wanted = false, onReached }: SearchedProps) {
  const { client, t } = useApp();
  const query = useStore(client.query);
  const box = useRef<HTMLInputElement>(null);
  const whole = useRef<HTMLDivElement>(null);
  const reached = useEffectEvent(() => onReached?.());
  useEffect(() => {
    if (!wanted) return;
    box.current?.focus();
    box.current?.select();
    reached();
  }, [wanted]);
  const looking = query.trim() !== "";
  const clear = (): void => {
    client.query.set("");
    box.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const rows = [...(whole.current?.querySelectorAll<HTMLElement>(ROWS) ?? [])];
    const inBox = event.target === box.current;
    // The box stands before the first row.
    const at = inBox ? -1 : rows.findIndex((row) => row === event.target);
    if (!inBox && at < 0) return;
    if (event.key === "Escape" && query !== "") clear();
    else if (event.key === "Enter" && inBox && looking && !event.nativeEvent.isComposing) rows[0]?.click();
    else if (event.key === "ArrowDown") rows[at + 1]?.focus();
    else if (event.key === "ArrowUp" && !inBox) (rows[at - 1] ?? box.current)?.focus();
    else return;
    event.preventDefault();
  };
  return (
    // The keys work in the box and on the rows.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div ref={whole} className="searched-rooms" onKeyDown={onKeyDown}>
      <div className="search-box" role="search">
        <Icon name="search" size={18} />
        <input
          ref={box}
          type="search"
          value={query}
          aria-label={t("search.label")}
          aria-keyshortcuts="Control+K Meta+K /"
          placeholder={t("search.placeholder")}
          autoComplete="off"
          onChange={(event) => {
            client.query.set(event.target.value);
          }}
        />
        {query !== "" && <IconButton icon="close" label={t("search.clear")} onClick={clear} />}
      </div>
      {looking ? <Results query={query.trim()} current={current} /> : <RoomList current={current} />}
    </div>
  );
}

function Results({ query, current }: { readonly query: string; readonly current: string | null }) {
  const { client, t } = useApp();
  const titleOf = useRoomTitle();
  const rooms = useStore(client.rooms) ?? [];
  const { found, failure } = useFound(query);
  const matching = roomsThatMatch(rooms, titleOf, query);
  const people = peopleThatMatch(peopleOf(rooms), query);
  const nothing = matching.length === 0 && people.length === 0 && found?.messages.length === 0;
  return (
    <nav className="room-list search-results" aria-label={t("search.results")} aria-busy={found === null && !failure}>
      <Section title={t("search.rooms")} count={matching.length}>
        {matching.map((room) => (
          <li key={room.room_id}>
            <RoomLink room={room} current={room.room_id === current} />
          </li>
        ))}
      </Section>
      <Section title={t("search.people")} count={people.length}>
        {people.map((person) => (
          <li key={person.user_id}>
            <PersonLink person={person} />
          </li>
        ))}
      </Section>
      <Section title={t("search.messages")} count={found?.messages.length ?? 0}>
        {found?.messages.map((message) => (
          <li key={message.message_id}>
            <MessageLink message={message} query={query} />
          </li>
        ))}
      </Section>
      {found?.more && <p className="soft search-note">{t("search.more")}</p>}
      {nothing && <p className="soft search-note">{t("search.nothing")}</p>}
      <FailureText failure={failure} />
      <p className="visually-hidden" role="status">
        {found && t("search.count", { count: matching.length + people.length + found.messages.length })}
      </p>
    </nav>
  );
}

function Section({ title, count, children }: { readonly title: string; readonly count: number; readonly children: ReactNode }) {
  const id = useId();
  if (count === 0) return null;
  return (
    <section aria-labelledby={id}>
      <h2 id={id} className="search-heading">
        {title}
      </h2>
      <ul>{children}</ul>
    </section>
  );
}

/** Opens the direct room with somebody, which is made where there is none. */
function PersonLink({ person }: { readonly person: PersonCard }) {
  const { client, navigator, t } = useApp();
  const open = async (): Promise<void> => {
    const outcome = await client.commands.openDirect(person.email);
    if (outcome.ok) navigator.go({ page: "room", roomId: outcome.value.room_id });
    else client.board.notify("alert", (t) => failureText(t, outcome.failure));
  };
  return (
    <div className="room-link">
      <Avatar id={person.user_id} name={person.name} />
      <button type="button" className="room-link-title" aria-label={t("search.write_to", { name: person.name })} dir="auto" onClick={() => void open()}>
        {person.name}
      </button>
      <div className="room-link-more">
        <span className="room-link-preview">{person.email}</span>
      </div>
    </div>
  );
}

/** A message of a list from many rooms; leads to its place. */
export function MessageLink({ message, query }: { readonly message: FoundMessage; readonly query: string }) {
  const { client, t } = useApp();
  const room = useRoom(message.room_id);
  const title = useRoomTitle()(room);
  const now = useNow(60_000);
  const more = useId();
  const name = message.mine ? t("trust.own") : message.author_name;
  const inRoom = room?.kind === "direct" ? (message.mine ? t("search.to", { name: title }) : name) : t("search.in", { name, room: title });
  return (
    <div className="room-link found-message">
      {room ? <RoomAvatar room={room} /> : <Avatar id={message.room_id} name={title} />}
      <Link
        to={{ page: "room", roomId: message.room_id }}
        className="room-link-title"
        aria-describedby={more}
        onFollow={() => {
          client.lookAt(message.room_id, message.message_id);
        }}
      >
        {inRoom}
      </Link>
      <div className="room-link-more" id={more}>
        <span className="room-link-time">{agoText(t.locale, message.sent_at, now)}</span>
        <span className="room-link-preview found-excerpt" dir="auto">
          {markedParts(message.excerpt, query).map(({ text, found, place }) =>
            found ? <mark key={place}>{text}</mark> : <span key={place}>{text}</span>,
          )}
        </span>
      </div>
    </div>
  );
}

/** What the core finds, once one stops typing. */
function useFound(query: string): { readonly found: Found | null; readonly failure: Failure | null } {
  const { client } = useApp();
  const [found, setFound] = useState<Found | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  useEffect(() => {
    let wanted = true;
    const timer = setTimeout(() => {
      void client.commands.search(query).then((outcome) => {
        if (!wanted) return;
        setFound(outcome.ok ? outcome.value : null);
        setFailure(outcome.ok ? null : outcome.failure);
      });
    }, PAUSE_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [client, query]);
  return { found, failure };
}
