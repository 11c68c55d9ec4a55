import { useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import type { RoomView } from "../../core/generated/RoomView";
import type { Failure } from "../../state/core";
import { excess, MAX_TEXT_LEN } from "../../state/limits";
import { useApp } from "../app/context";
import { Icon } from "../parts/icons";
import { ErrorText, FailureText } from "../parts/messages";

/** Where one writes. Enter sends, Shift+Enter breaks the line; what was typed stays until it is sent. */
export function Composer({ room, title }: { readonly room: RoomView; readonly title: string }) {
  const { client, t } = useApp();
  const roomId = room.room_id;
  const id = useId();
  const [text, setText] = useState(() => client.drafts.get(roomId) ?? "");
  const [failure, setFailure] = useState<Failure | null>(null);
  const sending = useRef(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const tooLong = excess(text, MAX_TEXT_LEN);
  useGrowingBox(box, text);

  // With a keyboard one wants to write at once; on a phone the screen keyboard would cover what one came to read.
  useEffect(() => {
    if (window.matchMedia("(pointer: fine)").matches) box.current?.focus();
  }, []);

  const change = (value: string): void => {
    setText(value);
    if (value === "") client.drafts.delete(roomId);
    else client.drafts.set(roomId, value);
  };

  const send = async (): Promise<void> => {
    const body = text.trim();
    if (body === "" || tooLong > 0 || sending.current) return;
    sending.current = true;
    setFailure(null);
    change("");
    const before = client.untaken.get(roomId);
    const messageId = before?.text === body ? before.messageId : crypto.randomUUID();
    const outcome = await client.commands.sendText(roomId, body, messageId);
    sending.current = false;
    client.untaken.delete(roomId);
    if (outcome.ok) return;
    client.untaken.set(roomId, { text: body, messageId });
    setFailure(outcome.failure);
    const typedSince = client.drafts.get(roomId);
    change(typedSince === undefined ? body : `${body}\n${typedSince}`);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    // While an input method composes, Enter chooses a word.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };

  return (
    <div className="composer-area">
      {tooLong > 0 && <ErrorText>{t("room.too_long", { count: tooLong })}</ErrorText>}
      <FailureText failure={failure} />
      <form
        className="composer"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <label className="visually-hidden" htmlFor={id}>
          {t("room.message")}
        </label>
        <textarea
          ref={box}
          id={id}
          rows={1}
          value={text}
          placeholder={t("room.placeholder", { room: title })}
          aria-describedby={`${id}-hint`}
          aria-invalid={tooLong > 0 ? true : undefined}
          onChange={(event) => {
            change(event.target.value);
          }}
          onKeyDown={onKeyDown}
        />
        <button type="submit" className="send-button" aria-label={t("room.send")} disabled={text.trim() === "" || tooLong > 0}>
          <Icon name="send" />
        </button>
      </form>
      <p className="composer-hint soft" id={`${id}-hint`}>
        {t("room.hint")}
      </p>
    </div>
  );
}

/** The box grows with the text; CSS limits it. */
function useGrowingBox(box: React.RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${String(element.scrollHeight)}px`;
  }, [box, text]);
}
