import { useEffect, useId, useLayoutEffect, type KeyboardEvent, type ReactNode, type RefObject, type TextareaHTMLAttributes } from "react";
import { excess, MAX_TEXT_LEN } from "../../state/limits";
import { useText } from "../app/context";
import { Icon, type IconName } from "./icons";
import { ErrorText } from "./messages";

interface Props {
  readonly box: RefObject<HTMLTextAreaElement | null>;
  readonly label: string;
  readonly placeholder: string;
  readonly text: string;
  readonly onChange: (text: string) => void;
  /** Asked only where there is something to send, and a text fits. */
  readonly onSend: (text: string) => void;
  /** What the button at the end says, where it does not send. */
  readonly send?: { readonly label: string; readonly icon: IconName } | undefined;
  readonly hint?: string | undefined;
  /** Hears keys first; what it prevents is its own. */
  readonly onKeyDown?: ((event: KeyboardEvent<HTMLTextAreaElement>) => void) | undefined;
  /** Stands over the text, in the same frame. */
  readonly above?: ReactNode;
  /** Stands before the text. */
  readonly start?: ReactNode;
  /** Stands behind the text. */
  readonly end?: ReactNode;
  /** There is something to send beside a text. */
  readonly filled?: boolean;
  /** More about the box itself. */
  readonly more?: Pick<TextareaHTMLAttributes<HTMLTextAreaElement>, "aria-autocomplete" | "aria-controls" | "aria-activedescendant" | "onInput" | "onSelect" | "onBlur">;
}

/** Where one writes. Enter sends, Shift+Enter breaks the line. */
export function WriteBox({ box, label, placeholder, text, onChange, onSend, send: sends, hint, onKeyDown: hear, above, start, end, filled = false, more }: Props) {
  const t = useText();
  const id = useId();
  const tooLong = excess(text, MAX_TEXT_LEN);
  const body = text.trim();
  const sendable = (body !== "" || filled) && tooLong === 0;
  useGrowingBox(box, text);

  const send = (): void => {
    if (sendable) onSend(body);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    // While an input method composes, keys choose words.
    if (event.nativeEvent.isComposing) return;
    hear?.(event);
    if (event.defaultPrevented || event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    send();
  };

  return (
    <>
      {tooLong > 0 && <ErrorText>{t("room.too_long", { count: tooLong })}</ErrorText>}
      <form
        className="composer"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        {above}
        <div className="composer-line">
          {start}
          <label className="visually-hidden" htmlFor={id}>
            {label}
          </label>
          <textarea
            ref={box}
            id={id}
            rows={1}
            dir="auto"
            value={text}
            placeholder={placeholder}
            aria-describedby={`${id}-hint`}
            aria-invalid={tooLong > 0 ? true : undefined}
            {...more}
            onChange={(event) => {
              onChange(event.target.value);
            }}
            onKeyDown={onKeyDown}
          />
          {end}
          <button type="submit" className="send-button" aria-label={sends?.label ?? t("room.send")} disabled={!sendable}>
            <Icon name={sends?.icon ?? "send"} />
          </button>
        </div>
      </form>
      <p className="composer-hint soft" id={`${id}-hint`}>
        {hint ?? t("room.hint")}
      </p>
    </>
  );
}

/** The box grows with the text, as it wraps at the width that there is; CSS limits it. */
function useGrowingBox(box: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    if (box.current) fit(box.current);
  }, [box, text]);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let width = element.clientWidth;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth === width) return;
      width = element.clientWidth;
      fit(element);
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, [box]);
}

function fit(element: HTMLTextAreaElement): void {
  element.style.height = "auto";
  element.style.height = `${String(element.scrollHeight)}px`;
}
