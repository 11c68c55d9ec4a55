import { useId, useLayoutEffect, type KeyboardEvent, type RefObject } from "react";
import { excess, MAX_TEXT_LEN } from "../../state/limits";
import { useText } from "../app/context";
import { Icon } from "./icons";
import { ErrorText } from "./messages";

interface Props {
  readonly box: RefObject<HTMLTextAreaElement | null>;
  readonly label: string;
  readonly placeholder: string;
  readonly text: string;
  readonly onChange: (text: string) => void;
  /** Asked only where there is a text, and one that fits. */
  readonly onSend: (text: string) => void;
}

/** Where one writes. Enter sends, Shift+Enter breaks the line. */
export function WriteBox({ box, label, placeholder, text, onChange, onSend }: Props) {
  const t = useText();
  const id = useId();
  const tooLong = excess(text, MAX_TEXT_LEN);
  const body = text.trim();
  useGrowingBox(box, text);

  const send = (): void => {
    if (body !== "" && tooLong === 0) onSend(body);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // While an input method composes, Enter chooses a word.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
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
        <label className="visually-hidden" htmlFor={id}>
          {label}
        </label>
        <textarea
          ref={box}
          id={id}
          rows={1}
          value={text}
          placeholder={placeholder}
          aria-describedby={`${id}-hint`}
          aria-invalid={tooLong > 0 ? true : undefined}
          onChange={(event) => {
            onChange(event.target.value);
          }}
          onKeyDown={onKeyDown}
        />
        <button type="submit" className="send-button" aria-label={t("room.send")} disabled={body === "" || tooLong > 0}>
          <Icon name="send" />
        </button>
      </form>
      <p className="composer-hint soft" id={`${id}-hint`}>
        {t("room.hint")}
      </p>
    </>
  );
}

/** The box grows with the text; CSS limits it. */
function useGrowingBox(box: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${String(element.scrollHeight)}px`;
  }, [box, text]);
}
