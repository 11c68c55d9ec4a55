import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import type { PersonCard } from "../../core/generated/PersonCard";
import { failureText } from "../../i18n/codes";
import { looksLikeEmail, normalEmail, splitEmails } from "../../state/email";
import { useApp, useMe, useStore } from "../app/context";
import { Avatar } from "./avatar";
import { Icon } from "./icons";

/** People offered at once; more is a directory, not a suggestion. */
const MAX_SUGGESTIONS = 6;

/** What a dialog holds of the picker, so that it can finish what is half typed. */
export interface PickerState {
  readonly people: readonly PersonCard[];
  readonly text: string;
  readonly error: string | null;
}

export const EMPTY_PICKER: PickerState = { people: [], text: "", error: null };

/**
 * Looks up what is still typed and returns the whole state; `error` is set if an address was not taken, which then
 * stays editable.
 */
export function useFinishPicker(members: readonly PersonCard[]): (state: PickerState) => Promise<PickerState> {
  const { client, t } = useApp();
  return async (state) => {
    const people = [...state.people];
    const left: string[] = [];
    let error: string | null = null;
    for (const email of splitEmails(state.text)) {
      const taken = members.find((person) => person.email === normalEmail(email));
      if (taken) {
        error = taken.trust === "own" ? t("people.self") : t("people.member", { name: taken.name });
        left.push(email);
        continue;
      }
      const chosen = people.find((person) => person.email === normalEmail(email));
      if (chosen) {
        client.board.announce((t) => t("people.chosen_already", { name: chosen.name }));
        continue;
      }
      const outcome = await client.commands.lookUpPerson(email);
      if (outcome.ok) {
        people.push(outcome.value);
        const { name } = outcome.value;
        client.board.announce((t) => t("people.added", { name }));
      } else {
        const failed = outcome.failure;
        error = failureText(t, { code: failed.code, params: { ...failed.params, email } });
        left.push(email);
      }
    }
    return { people, text: left.join(", "), error };
  };
}

interface Props {
  readonly state: PickerState;
  readonly onChange: (state: PickerState) => void;
  /** Who is in already, and cannot be chosen. */
  readonly members: readonly PersonCard[];
  readonly hint: string;
}

/** A combobox after the ARIA pattern: people one knows are offered, any e-mail address can be typed. */
export function PeoplePicker({ state, onChange, members, hint }: Props) {
  const { client, t } = useApp();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const [busy, setBusy] = useState(false);
  const finish = useFinishPicker(members);
  const afterPress = useAfterPress();
  const suggestions = useSuggestions(state, members);
  const shown = open && suggestions.length > 0;

  const take = async (text: string): Promise<void> => {
    setBusy(true);
    setOpen(false);
    setActive(-1);
    onChange(await finish({ ...state, text }));
    setBusy(false);
    input.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const chosen = shown ? suggestions[active] : undefined;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      setActive((active + step + suggestions.length) % Math.max(1, suggestions.length));
    } else if (event.key === "Escape" && shown) {
      // Closes the list alone, not the dialog around it.
      event.stopPropagation();
      setOpen(false);
    } else if (event.key === "Enter") {
      if (state.text.trim() === "" && !chosen) return;
      event.preventDefault();
      void take(chosen?.email ?? state.text);
    } else if (event.key === "," || event.key === ";" || (event.key === " " && looksLikeEmail(state.text))) {
      event.preventDefault();
      if (state.text.trim() !== "") void take(state.text);
    } else if (event.key === "Backspace" && state.text === "") {
      const last = state.people.at(-1);
      if (last) remove(last);
    }
  };

  const remove = (person: PersonCard): void => {
    onChange({ ...state, people: state.people.filter((other) => other !== person), error: null });
    client.board.announce((t) => t("people.removed", { name: person.name }));
    input.current?.focus();
  };

  return (
    <div className="field picker">
      <label htmlFor={id}>{t("new_room.people")}</label>
      <div className="field-box picker-box">
        {state.people.length > 0 && (
          <ul className="chips" aria-label={t("people.chosen")}>
            {state.people.map((person) => (
              <li key={person.user_id} className="chip">
                <Avatar id={person.user_id} name={person.name} size="small" />
                <span className="chip-text">
                  {person.name} <span className="soft">{person.email}</span>
                </span>
                <button
                  type="button"
                  aria-label={t("people.remove", { name: person.name })}
                  onClick={() => {
                    remove(person);
                  }}
                >
                  <Icon name="close" size={14} />
                </button>
              </li>
            ))}
          </ul>
        )}
        <input
          ref={input}
          id={id}
          role="combobox"
          type="text"
          inputMode="email"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={state.text}
          readOnly={busy}
          aria-expanded={shown}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={shown && active >= 0 ? `${id}-option-${String(active)}` : undefined}
          aria-invalid={state.error ? true : undefined}
          aria-describedby={state.error ? `${id}-error` : `${id}-hint`}
          onChange={(event) => {
            setOpen(true);
            setActive(-1);
            onChange({ ...state, text: event.target.value, error: null });
          }}
          onKeyDown={onKeyDown}
          onBlur={() => {
            afterPress(() => {
              setOpen(false);
            });
          }}
        />
        {busy && <span className="spinner" aria-hidden="true" />}
      </div>
      <ul id={`${id}-list`} role="listbox" aria-label={t("people.suggestions")} className="suggestions" hidden={!shown}>
        {(shown ? suggestions : []).map((suggestion, index) => (
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the box, which has the focus, hears the keys
          <li
            key={suggestion.email}
            id={`${id}-option-${String(index)}`}
            role="option"
            aria-selected={index === active}
            // The focus stays in the box: the list goes away when the box loses it.
            onPointerDown={(event) => {
              event.preventDefault();
            }}
            onClick={() => {
              void take(suggestion.email);
            }}
          >
            {suggestion.person ? (
              <>
                <Avatar id={suggestion.person.user_id} name={suggestion.person.name} size="small" />
                <span>{suggestion.person.name}</span>
                <span className="soft">{suggestion.email}</span>
              </>
            ) : (
              <>
                <Icon name="plus" />
                <span>{t("people.add_email", { email: suggestion.email })}</span>
              </>
            )}
          </li>
        ))}
      </ul>
      {state.error ? (
        <p className="field-error" id={`${id}-error`} role="alert">
          <Icon name="alert" size={16} />
          {state.error}
        </p>
      ) : (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/**
 * Runs what moves the page once nothing is pressed any more, else at once: what one presses must not move away between
 * press and release, for that is no click.
 */
function useAfterPress(): (act: () => void) => void {
  const pressed = useRef(false);
  useEffect(() => {
    const press = (): void => {
      pressed.current = true;
    };
    const release = (): void => {
      pressed.current = false;
    };
    window.addEventListener("pointerdown", press, true);
    window.addEventListener("pointerup", release, true);
    window.addEventListener("pointercancel", release, true);
    return () => {
      window.removeEventListener("pointerdown", press, true);
      window.removeEventListener("pointerup", release, true);
      window.removeEventListener("pointercancel", release, true);
    };
  }, []);
  return (act) => {
    if (!pressed.current) {
      act();
      return;
    }
    // The click follows the release in the same task.
    const later = (): void => {
      window.removeEventListener("pointerup", later);
      window.removeEventListener("pointercancel", later);
      setTimeout(act);
    };
    window.addEventListener("pointerup", later);
    window.addEventListener("pointercancel", later);
  };
}

interface Suggestion {
  readonly email: string;
  readonly person: PersonCard | null;
}

/** People of one's rooms that fit what is typed, and what is typed if it is an address. */
function useSuggestions(state: PickerState, members: readonly PersonCard[]): Suggestion[] {
  const { client } = useApp();
  const rooms = useStore(client.rooms);
  const me = useMe();
  const typed = normalEmail(state.text);
  if (typed === "") return [];
  const out = new Set([...members, ...state.people].map((person) => person.email));
  if (me) out.add(me.email);
  const known = new Map<string, PersonCard>();
  for (const person of (rooms ?? []).flatMap((room) => room.members)) {
    const fits = person.email.includes(typed) || person.name.toLowerCase().includes(typed);
    if (fits && !out.has(person.email)) known.set(person.email, person);
  }
  const people = [...known.values()].slice(0, MAX_SUGGESTIONS).map((person) => ({ email: person.email, person }));
  const exact = known.has(typed) || out.has(typed);
  return looksLikeEmail(typed) && !exact ? [...people, { email: typed, person: null }] : people;
}
