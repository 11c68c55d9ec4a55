import { useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode, type RefObject, type SyntheticEvent } from "react";
import type { PersonCard } from "../../core/generated/PersonCard";
import { membersFor, namingAt, withName } from "../../state/mentions";
import { useApp } from "../app/context";
import { Avatar } from "../parts/avatar";

interface Asked {
  readonly box: RefObject<HTMLTextAreaElement | null>;
  readonly members: readonly PersonCard[];
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onChosen: (userId: string) => void;
}

interface Naming {
  /** The members who are offered, where there are any. */
  readonly list: ReactNode;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly box: {
    readonly "aria-autocomplete": "list";
    readonly "aria-controls"?: string;
    readonly "aria-activedescendant"?: string;
    readonly onInput: (event: SyntheticEvent<HTMLTextAreaElement>) => void;
    readonly onSelect: (event: SyntheticEvent<HTMLTextAreaElement>) => void;
    readonly onBlur: () => void;
  };
}

/** Offers members behind an `@`: the focus stays in the box, arrows move, Enter and Tab take, Esc closes. */
export function useNaming({ box, members, text, onText, onChosen }: Asked): Naming {
  const { t } = useApp();
  const id = useId();
  const [caret, setCaret] = useState<number | null>(null);
  /** Where the `@` is whose list was closed. */
  const [closed, setClosed] = useState<number | null>(null);
  const [moved, setMoved] = useState({ query: "", to: 0 });
  const naming = caret === null ? null : namingAt(text, caret);
  const offered = naming && naming.start !== closed ? membersFor(naming.query, members) : [];
  const complete = offered.length === 1 && offered[0]?.name === naming?.query;
  const shown = offered.length > 0 && !complete;
  const active = moved.query === naming?.query ? Math.min(moved.to, offered.length - 1) : 0;
  const placeCaret = useCaret(box, text);
  useSaid(shown ? offered : []);

  const take = (member: PersonCard): void => {
    if (!naming) return;
    const named = withName(text, naming, member.name);
    onText(named.text);
    onChosen(member.user_id);
    placeCaret(named.caret);
    setCaret(named.caret);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (!shown || !naming) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = offered[active];
    if (step !== undefined) setMoved({ query: naming.query, to: (active + step + offered.length) % offered.length });
    else if (event.key === "Escape") setClosed(naming.start);
    else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey && chosen) take(chosen);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const onCaret = ({ currentTarget: { selectionStart, selectionEnd, value } }: SyntheticEvent<HTMLTextAreaElement>): void => {
    const at = selectionStart === selectionEnd ? selectionStart : null;
    setCaret(at);
    if (at === null || namingAt(value, at)?.start !== closed) setClosed(null);
  };

  const list = shown && (
    <ul id={`${id}-list`} role="listbox" aria-label={t("writing.members")} className="suggestions naming">
      {offered.map((member, index) => (
        // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the box, which has the focus, hears the keys
        <li
          key={member.user_id}
          id={`${id}-option-${String(index)}`}
          role="option"
          aria-selected={index === active}
          onPointerDown={(event) => {
            // The focus stays in the box: the list goes away when the box loses it.
            event.preventDefault();
          }}
          onClick={() => {
            take(member);
          }}
        >
          <Avatar id={member.user_id} name={member.name} size="small" />
          <bdi className="naming-name">{member.name}</bdi>
          <span className="soft naming-email">{member.email}</span>
        </li>
      ))}
    </ul>
  );

  return {
    list,
    onKeyDown,
    box: {
      "aria-autocomplete": "list",
      ...(shown ? { "aria-controls": `${id}-list`, "aria-activedescendant": `${id}-option-${String(active)}` } : {}),
      // Not every way of putting a text in place moves the selection as well.
      onInput: onCaret,
      onSelect: onCaret,
      onBlur: () => {
        setCaret(null);
      },
    },
  };
}

/** Puts the caret where it belongs, once the text is drawn. */
function useCaret(box: RefObject<HTMLTextAreaElement | null>, text: string): (caret: number) => void {
  const wanted = useRef<number | null>(null);
  useLayoutEffect(() => {
    if (wanted.current === null) return;
    box.current?.setSelectionRange(wanted.current, wanted.current);
    wanted.current = null;
  }, [box, text]);
  return (caret) => {
    wanted.current = caret;
  };
}

/** Says how many are offered: a list that comes up beside the focus is not noticed else. */
function useSaid(offered: readonly PersonCard[]): void {
  const { client } = useApp();
  const count = offered.length;
  const name = offered[0]?.name ?? "";
  useEffect(() => {
    if (count > 0) client.board.announce((t) => t("writing.offered", { count, name }));
  }, [client, count, name]);
}
