import { useState, type FormEvent } from "react";
import type { GuestView } from "../../core/generated/GuestView";
import { failureText } from "../../i18n/codes";
import type { Failure } from "../../state/core";
import { useApp, useGuest, useRoom, useStore } from "../app/context";
import { useTitle } from "../app/title";
import { Front } from "../account/front";
import { CallScreen } from "../call/call-screen";
import { Button } from "../parts/button";
import { Field } from "../parts/field";
import { Empty, FailureText } from "../parts/messages";
import { GuestDoor } from "./guest-door";

/** The page behind a guest link: a name, then the door, then the call. */
export function GuestPage({ linkId }: { readonly linkId: string }) {
  const guest = useGuest();
  return guest ? <Visit guest={guest} /> : <Name linkId={linkId} />;
}

/** Causes that no second try can cure. */
const FINAL = new Set(["link_unknown", "link_expired", "link_revoked", "link_malformed"]);

function Name({ linkId }: { readonly linkId: string }) {
  const { client, t } = useApp();
  const [name, setName] = useState("");
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  useTitle(t("guest.title"));

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setFailure(null);
    setMissing(name.trim() === "");
    if (name.trim() === "") return;
    setBusy(true);
    // What stands behind the # never leaves this page.
    const outcome = await client.commands.becomeGuest(linkId, window.location.hash.slice(1), name);
    setBusy(false);
    if (!outcome.ok) setFailure(outcome.failure);
  };

  if (failure && FINAL.has(failure.code)) {
    return (
      <Front>
        <h1>{t("guest.unusable")}</h1>
        <p className="lead" role="alert">
          {failureText(t, failure)}
        </p>
      </Front>
    );
  }
  return (
    <Front>
      <h1>{t("guest.title")}</h1>
      <p className="lead">{t("guest.lead")}</p>
      <form
        noValidate
        onSubmit={(event) => {
          void submit(event);
        }}
      >
        <Field
          label={t("guest.name")}
          hint={t("guest.name_hint")}
          error={missing ? t("guest.name_missing") : null}
          value={name}
          autoComplete="name"
          onChange={({ target }) => {
            setName(target.value);
          }}
        />
        <FailureText failure={failure} />
        <Button type="submit" look="primary" className="wide" busy={busy}>
          {t(busy ? "guest.busy" : "guest.continue")}
        </Button>
      </form>
    </Front>
  );
}

/** From the door to the call, and to its end. */
function Visit({ guest }: { readonly guest: GuestView }) {
  const { client, media } = useApp();
  const room = useRoom(guest.room_id);
  const call = useStore(client.call);
  const [left, setLeft] = useState(false);
  const leave = (): void => {
    setLeft(true);
    void media.leave();
  };
  if (left) return <Over what="left" />;
  if (call?.phase === "removed" || call?.phase === "ended") return <Over what={call.phase} />;
  if (room && call && call.phase !== "joining") return <CallScreen room={room} call={call} onLeave={leave} />;
  return <GuestDoor guest={guest} onLeave={leave} />;
}

/** The visit is over. Asking again is a new visit, with new keys. */
function Over({ what }: { readonly what: "left" | "removed" | "ended" }) {
  const { t } = useApp();
  useTitle(t(`guest.${what}`));
  return (
    <main className="home" id="content" tabIndex={-1}>
      <div className="home" role={what === "left" ? "status" : "alert"}>
        <Empty title={t(`guest.${what}`)} icon={what === "removed" ? "shield_alert" : "leave"} level={1}>
          <p>{t(`guest.${what}.text`)}</p>
          <Button
            look="primary"
            onClick={() => {
              window.location.reload();
            }}
          >
            {t("guest.again")}
          </Button>
        </Empty>
      </div>
    </main>
  );
}
