import { useEffect, useRef, useState } from "react";
import type { RoomView } from "../../core/generated/RoomView";
import type { Failure } from "../../state/core";
import { useApp } from "../app/context";
import { FailureText } from "../parts/messages";
import { WriteBox } from "../parts/write-box";

/** Where one writes to a room; what was typed stays until it is sent. */
export function Composer({ room, title }: { readonly room: RoomView; readonly title: string }) {
  const { client, t } = useApp();
  const roomId = room.room_id;
  const [text, setText] = useState(() => client.drafts.get(roomId) ?? "");
  const [failure, setFailure] = useState<Failure | null>(null);
  const sending = useRef(false);
  const box = useRef<HTMLTextAreaElement>(null);

  // With a keyboard one wants to write at once; on a phone the screen keyboard would cover what one came to read.
  useEffect(() => {
    if (window.matchMedia("(pointer: fine)").matches) box.current?.focus();
  }, []);

  const change = (value: string): void => {
    setText(value);
    if (value === "") client.drafts.delete(roomId);
    else client.drafts.set(roomId, value);
  };

  const send = async (body: string): Promise<void> => {
    if (sending.current) return;
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

  return (
    <div className="composer-area">
      <FailureText failure={failure} />
      <WriteBox
        box={box}
        label={t("room.message")}
        placeholder={t("room.placeholder", { room: title })}
        text={text}
        onChange={change}
        onSend={(body) => {
          void send(body);
        }}
      />
    </div>
  );
}
