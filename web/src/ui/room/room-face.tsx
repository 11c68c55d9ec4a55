import { useRef, useState, type FormEvent } from "react";
import type { RoomView } from "../../core/generated/RoomView";
import { base64url } from "../../files/base64url";
import { squarePicture } from "../../files/picture";
import { failureText } from "../../i18n/codes";
import { MAX_ROOM_ABOUT_LEN, excess } from "../../state/limits";
import type { Outcome } from "../../state/outcome";
import { useApp } from "../app/context";
import { Button } from "../parts/button";
import { AreaField } from "../parts/field";
import { Icon } from "../parts/icons";
import { RoomAvatar } from "../parts/room-avatar";
import { useKept } from "../parts/use-kept";

/** The picture of a room and what it is for: to be read by all, and changed by who may add people. */
export function RoomFace({ room }: { readonly room: RoomView }) {
  const { t } = useApp();
  return (
    <section className="room-face">
      <RoomAvatar room={room} size="large" />
      {room.may_add ? (
        <>
          <ChangePicture room={room} />
          <Describe room={room} />
        </>
      ) : (
        <p className={room.about === "" ? "soft" : "room-about"} dir="auto">
          {room.about === "" ? t("face.none") : room.about}
        </p>
      )}
    </section>
  );
}

function ChangePicture({ room }: { readonly room: RoomView }) {
  const { client, t } = useApp();
  const input = useRef<HTMLInputElement>(null);
  const change = useRef<HTMLDivElement>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const tell = async (doing: Promise<Outcome<undefined>>): Promise<void> => {
    setBusy(true);
    const outcome = await doing;
    setBusy(false);
    setError(outcome.ok ? null : failureText(t, outcome.failure));
  };
  const choose = async (file: File): Promise<void> => {
    setBusy(true);
    const picture = await squarePicture(file);
    setBusy(false);
    if (!picture) return setError(t("face.no_picture"));
    await tell(client.commands.setRoomPicture(room.room_id, base64url(picture)));
  };
  return (
    <>
      <div ref={change} className="panel-actions">
        <Button busy={busy} onClick={() => input.current?.click()}>
          {t(room.picture === null ? "face.add" : "face.change")}
        </Button>
        {room.picture !== null && (
          <Button
            look="quiet"
            busy={busy}
            onClick={() => {
              // The button goes with the picture.
              change.current?.querySelector("button")?.focus();
              void tell(client.commands.setRoomPicture(room.room_id, null));
            }}
          >
            {t("face.remove")}
          </Button>
        )}
        <input
          ref={input}
          type="file"
          accept="image/*"
          hidden
          aria-hidden="true"
          tabIndex={-1}
          onChange={(event) => {
            const [file] = event.target.files ?? [];
            // So that the same file can be chosen again.
            event.target.value = "";
            if (file) void choose(file);
          }}
        />
      </div>
      {error && (
        <p className="field-error" role="alert">
          <Icon name="alert" size={16} />
          {error}
        </p>
      )}
    </>
  );
}

function Describe({ room }: { readonly room: RoomView }) {
  const { client, t } = useApp();
  const [about, setAbout] = useKept(room.about);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const said = about.trim();
    const over = excess(said, MAX_ROOM_ABOUT_LEN);
    setError(over > 0 ? t("face.too_long", { count: over }) : null);
    if (busy || over > 0 || said === room.about) return;
    setBusy(true);
    const outcome = await client.commands.describeRoom(room.room_id, said);
    setBusy(false);
    if (!outcome.ok) return setError(failureText(t, outcome.failure));
    client.board.announce((t) => t("face.saved"));
  };
  return (
    <form
      className="room-describe"
      noValidate
      onSubmit={(event) => {
        void submit(event);
      }}
    >
      <AreaField
        label={t("face.about")}
        error={error}
        rows={3}
        dir="auto"
        value={about}
        onChange={(event) => {
          setAbout(event.target.value);
          setError(null);
        }}
      />
      <Button type="submit" busy={busy}>
        {t("face.save")}
      </Button>
    </form>
  );
}
