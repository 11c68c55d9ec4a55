import { useRef, useState } from "react";
import type { GuestLinkView } from "../../core/generated/GuestLinkView";
import type { RoomView } from "../../core/generated/RoomView";
import { failureText } from "../../i18n/codes";
import { dateText, timeText } from "../../i18n/format";
import type { Failure } from "../../state/core";
import { guestUrl } from "../../state/guests";
import { useApp } from "../app/context";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { FailureText } from "../parts/messages";
import { useCopy } from "./use-copy";

const HOUR_MS = 3_600_000;
const LIVES = [
  ["hour", HOUR_MS],
  ["day", 24 * HOUR_MS],
  ["week", 7 * 24 * HOUR_MS],
] as const;

/** Makes links by which guests may ask to come in, and shows those that there are. */
export function GuestLinks({ room, onClose }: { readonly room: RoomView; readonly onClose: () => void }) {
  const { client, t } = useApp();
  const [life, setLife] = useState<number>(24 * HOUR_MS);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const copy = useCopy();
  const list = useRef<HTMLHeadingElement>(null);

  const make = async (): Promise<void> => {
    setBusy(true);
    setFailure(null);
    const outcome = await client.commands.makeGuestLink(room.room_id, life);
    setBusy(false);
    if (!outcome.ok) setFailure(outcome.failure);
    else client.board.notify("status", (to) => to("guest_links.made"));
  };
  const revoke = async (link: GuestLinkView): Promise<void> => {
    const outcome = await client.commands.revokeGuestLink(room.room_id, link.link_id);
    if (outcome.ok) {
      // The row goes; the focus stays with the list.
      list.current?.focus();
      client.board.notify("status", (to) => to("guest_links.revoked"));
    } else client.board.notify("alert", (to) => failureText(to, outcome.failure));
  };

  return (
    <Dialog title={t("guest_links.title")} onClose={onClose}>
      <div className="dialog-body guest-links">
        <p>{t("guest_links.text")}</p>
        <fieldset className="choices">
          <legend>{t("guest_links.life")}</legend>
          {LIVES.map(([key, ms]) => (
            <label key={key} className="choice">
              <input
                type="radio"
                name="guest-link-life"
                checked={life === ms}
                onChange={() => {
                  setLife(ms);
                }}
              />
              {t(`guest_links.life.${key}`)}
            </label>
          ))}
        </fieldset>
        <FailureText failure={failure} />
        <Button look="primary" icon="plus" busy={busy} onClick={() => void make()}>
          {t("guest_links.make")}
        </Button>
        <h3 ref={list} tabIndex={-1}>
          {t("guest_links.live")}
        </h3>
        {room.guest_links.length === 0 && <p className="soft">{t("guest_links.none")}</p>}
        <ul className="rows">
          {room.guest_links.map((link) => {
            const until = untilText(t.locale, link.expires_at);
            return (
              <li key={link.link_id} className="row">
                <div className="row-text">
                  <span className="row-title">{t("guest_links.until", { time: until })}</span>
                  <span className="soft">{link.mine ? t("guest_links.by_you") : t("guest_links.by", { name: link.by })}</span>
                  <div className="row-actions">
                    <Button look="quiet" icon="copy" onClick={() => void copy(guestUrl(link, window.location.origin), "guest_links.copied")}>
                      {t("guest_links.copy")}
                      <span className="visually-hidden"> {t("guest_links.which", { time: until })}</span>
                    </Button>
                    <Button look="quiet" icon="close" onClick={() => void revoke(link)}>
                      {t("guest_links.revoke")}
                      <span className="visually-hidden"> {t("guest_links.which", { time: until })}</span>
                    </Button>
                  </div>
                </div>
              </li>
            );
          })}
        </ul>
      </div>
    </Dialog>
  );
}

function untilText(locale: string, at: number): string {
  return `${dateText(locale, at)}, ${timeText(locale, at)}`;
}

/** Opens the dialog. */
export function InviteGuest({ room }: { readonly room: RoomView }) {
  const { t } = useApp();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        icon="link"
        onClick={() => {
          setOpen(true);
        }}
      >
        {t("guest_links.open")}
      </Button>
      {open && (
        <GuestLinks
          room={room}
          onClose={() => {
            setOpen(false);
          }}
        />
      )}
    </>
  );
}
