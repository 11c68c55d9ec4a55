import { useState, useSyncExternalStore, type FormEvent } from "react";
import type { GuestView } from "../../core/generated/GuestView";
import { failureText } from "../../i18n/codes";
import type { Failure } from "../../state/core";
import { isWholeLink } from "../../state/guests";
import { useApp, useGuest, useRoom, useStore, useText } from "../app/context";
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
  // What stands behind the # goes to no server.
  const secret = useHash();
  if (guest) return <Visit guest={guest} />;
  return isWholeLink(linkId, secret) ? <Name key={linkId + secret} linkId={linkId} secret={secret} /> : <Unusable failure={{ code: "link_malformed", params: {} }} />;
}

/** A link that was pasted again, and whole this time, may differ behind the # alone: no page is loaded for that. */
function useHash(): string {
  return useSyncExternalStore(
    (listener) => {
      window.addEventListener("hashchange", listener);
      return () => {
        window.removeEventListener("hashchange", listener);
      };
    },
    () => window.location.hash.slice(1),
  );
}

function Unusable({ failure }: { readonly failure: Failure }) {
  const t = useText();
  useTitle(t("guest.unusable"));
  return (
    <Front>
      <h1>{t("guest.unusable")}</h1>
      <p className="lead" role="alert">
        {failureText(t, failure)}
      </p>
    </Front>
  );
}

/** Causes that no second try can cure. */
const FINAL = new Set(["link_unknown", "link_expired", "link_revoked", "link_malformed"]);

function Name({ linkId, secret }: { readonly linkId: string; readonly secret: string }) {
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
    const outcome = await client.commands.becomeGuest(linkId, secret, name);
    setBusy(false);
    if (!outcome.ok) setFailure(outcome.failure);
  };

  if (failure && FINAL.has(failure.code)) return <Unusable failure={failure} />;
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
