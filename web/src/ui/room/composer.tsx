import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import type { RoomView } from "../../core/generated/RoomView";
import type { TextToSay } from "../../state/commands";
import type { Failure } from "../../state/core";
import { namedIn } from "../../state/mentions";
import type { Editing } from "../../state/writing";
import { useApp, useStore } from "../app/context";
import { AttachButton, usePastedFiles } from "../files/attach";
import { FileTray } from "../files/tray";
import { useSendingFiles, type SaidWith } from "../files/use-sending";
import { VoiceRecorder } from "../files/voice-recorder";
import { FailureText } from "../parts/messages";
import { WriteBox } from "../parts/write-box";
import { QuickReplies } from "./quick-replies";
import { WritingAbout } from "./writing-about";
import { TimerMenu } from "./timer-menu";
import { useNaming } from "./naming";

/** Where one writes to a room; what was typed stays until it is sent. */
export function Composer({ room, title }: { readonly room: RoomView; readonly title: string }) {
  const { client, files, t } = useApp();
  const roomId = room.room_id;
  const store = client.writings.of(roomId);
  const writing = useStore(store);
  const [draft, setDraft] = useState(() => client.drafts.get(roomId, room.draft));
  const [failure, setFailure] = useState<Failure | null>(null);
  const sending = useRef(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const area = useRef<HTMLDivElement>(null);
  const tray = useStore(files.trays.of(roomId));
  const sendingFiles = useSendingFiles(room);
  const { editing } = writing;
  const text = editing?.text ?? draft;
  useFocus(box, writing.wanted);
  const attach = (chosen: readonly File[], fromDisk: boolean): void => {
    files.trays.put(roomId, chosen, fromDisk);
    box.current?.focus();
  };
  useEffect(() => () => client.typingHere.stop(roomId), [client, roomId]);
  usePastedFiles(area, (pasted) => attach(pasted, false));

  const changeDraft = (value: string): void => {
    setDraft(value);
    client.drafts.set(roomId, value);
  };
  /** What was typed is on its way. */
  const clear = (): void => {
    changeDraft("");
    client.typingHere.stop(roomId);
  };
  const change = (value: string): void => {
    if (!editing) {
      changeDraft(value);
      client.typingHere.typed(roomId, value);
    } else store.update((writing) => (writing.editing ? { ...writing, editing: { ...writing.editing, text: value } } : writing));
  };
  const naming = useNaming({
    box,
    members: room.members,
    text,
    onText: change,
    onChosen: (userId) => {
      store.update((writing) => ({ ...writing, chosen: new Set([...writing.chosen, userId]) }));
    },
  });

  /** Hands a text to the core; says whether it was taken. What was not is remembered in its place. */
  const offer = async (said: TextToSay, place: string): Promise<boolean> => {
    const before = client.untaken.get(place);
    const messageId = before?.text === said.text ? before.messageId : crypto.randomUUID();
    const outcome = await client.commands.sendText(roomId, said, messageId);
    client.untaken.delete(place);
    if (outcome.ok) return true;
    client.untaken.set(place, { text: said.text, messageId });
    setFailure(outcome.failure);
    return false;
  };

  const say = async (body: string): Promise<void> => {
    const { answered, timers, chosen } = store.get();
    clear();
    store.update((writing) => ({ ...writing, answered: null, chosen: new Set() }));
    const taken = await offer({ text: body, replyTo: answered?.messageId ?? null, mentions: namedIn(body, room.members, chosen), timers }, roomId);
    if (taken) return;
    const typedSince = client.drafts.get(roomId, "");
    changeDraft(typedSince === "" ? body : `${body}\n${typedSince}`);
    store.update((writing) => ({ ...writing, answered: writing.answered ?? answered, chosen: new Set([...chosen, ...writing.chosen]) }));
  };

  /** What is written goes with the files, which take it from here on. */
  const saidWith = (body: string): SaidWith => {
    const { answered, timers, chosen } = store.get();
    store.update((writing) => ({ ...writing, answered: null, chosen: new Set() }));
    return { text: body, replyTo: answered?.messageId ?? null, mentions: namedIn(body, room.members, chosen), timers };
  };

  const sendFiles = (body: string): Promise<void> => {
    clear();
    return sendingFiles.sendTray(saidWith(body));
  };

  const endEditing = (messageId: string): void => {
    setFailure(null);
    store.update((writing) => (writing.editing?.messageId === messageId ? { ...writing, editing: null } : writing));
  };

  const save = async ({ messageId, before }: Editing, body: string): Promise<void> => {
    const mentions = namedIn(body, room.members, store.get().chosen);
    const outcome = body === before ? null : await client.commands.editMessage(roomId, messageId, body, mentions);
    if (outcome === null || outcome.ok) endEditing(messageId);
    else setFailure(outcome.failure);
  };

  const send = async (body: string): Promise<void> => {
    if (sending.current) return;
    sending.current = true;
    setFailure(null);
    const withFiles = files.trays.of(roomId).get().chosen.length > 0;
    await (editing ? save(editing, body) : withFiles ? sendFiles(body) : say(body));
    sending.current = false;
  };

  /** What was typed, and what it answers, stays. */
  const reply = async (body: string): Promise<void> => {
    if (sending.current) return;
    sending.current = true;
    setFailure(null);
    const taken = await offer({ text: body, replyTo: null, mentions: [], timers: store.get().timers }, `${roomId}/quick`);
    sending.current = false;
    // What was pressed is gone. By touch nothing had the focus, and the screen keyboard stays where it is.
    if (taken && window.matchMedia("(pointer: fine)").matches) box.current?.focus();
  };

  const cancel = (): void => {
    if (editing) endEditing(editing.messageId);
    else store.update((writing) => ({ ...writing, answered: null }));
    box.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    naming.onKeyDown(event);
    if (event.defaultPrevented) return;
    if (event.key === "Escape" && (editing ?? writing.answered)) {
      event.preventDefault();
      cancel();
    }
    if (event.key === "ArrowUp" && text === "" && !editing && !event.shiftKey) {
      const last = client.conversation(roomId).get().messages.findLast((message) => message.may_edit && message.body.type === "text");
      if (!last) return;
      event.preventDefault();
      client.writings.edit(roomId, last);
    }
  };

  return (
    <div className="composer-area" ref={area}>
      {naming.list}
      <FailureText failure={failure} />
      {!editing && (
        <QuickReplies
          room={room}
          onReply={(body) => {
            void reply(body);
          }}
        />
      )}
      <WriteBox
        box={box}
        label={t("room.message")}
        placeholder={t("room.placeholder", { room: title })}
        text={text}
        onChange={change}
        onSend={(body) => {
          void send(body);
        }}
        onKeyDown={onKeyDown}
        send={editing ? { label: t("writing.save"), icon: "check" } : undefined}
        hint={editing ? t("writing.hint_edit") : undefined}
        above={
          <>
            <WritingAbout roomId={roomId} onCancel={cancel} />
            {!editing && <FileTray roomId={roomId} />}
          </>
        }
        start={
          !editing && (
            <>
              <AttachButton onFiles={(chosen) => attach(chosen, true)} />
              <TimerMenu room={room} />
            </>
          )
        }
        end={!editing && text === "" && tray.chosen.length === 0 && <VoiceRecorder onSend={(note) => sendingFiles.sendVoice(note, saidWith(""))} />}
        filled={!editing && tray.chosen.length > 0}
        more={naming.box}
      />
    </div>
  );
}

/** The box takes the focus where one wants to write, with the caret at the end. */
function useFocus(box: { readonly current: HTMLTextAreaElement | null }, wanted: number): void {
  const heard = useRef(wanted);
  // With a keyboard one wants to write at once; on a phone the screen keyboard would cover what one came to read.
  useEffect(() => {
    if (window.matchMedia("(pointer: fine)").matches) box.current?.focus();
  }, [box]);
  useEffect(() => {
    if (heard.current === wanted) return;
    heard.current = wanted;
    const { current } = box;
    current?.focus();
    current?.setSelectionRange(current.value.length, current.value.length);
  }, [box, wanted]);
}
