import { useEffect, useState, type FormEvent } from "react";
import type { PairingView } from "../../core/generated/PairingView";
import { timeText } from "../../i18n/format";
import type { Translate } from "../../i18n/translate";
import type { Failure } from "../../state/core";
import { pathOf } from "../../state/routes";
import { ofOwnPassword } from "../account/own-password";
import { useApp, useStore, useText } from "../app/context";
import { QrCode } from "../contacts/qr-code";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { PasswordField } from "../parts/field";
import { FailureText, Loading } from "../parts/messages";
import { Compare } from "./compare";

/** Makes a new device one of the account: shows a code, compares words, asks for the password. */
export function LinkDevice({ onClose, onDone }: { readonly onClose: () => void; readonly onDone: () => void }) {
  const { client, t } = useApp();
  const pairing = useStore(client.pairing);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [open, setOpen] = useState(false);

  useEffect(() => {
    let current = true;
    client.pairing.set(null);
    void client.commands.openPairing().then((outcome) => {
      if (current && !outcome.ok) setFailure(outcome.failure);
    });
    return () => {
      current = false;
      void client.commands.endPairing();
    };
  }, [client, attempt]);

  if (pairing && !open) setOpen(true);

  const again = (): void => {
    setFailure(null);
    setOpen(false);
    setAttempt(attempt + 1);
  };
  const close = (): void => {
    // Whatever came of it: the list says what is so.
    onDone();
    onClose();
  };

  const failed = failure ?? failureOf(pairing, open);
  return (
    <Dialog title={t("pairing.title")} onClose={close} keep>
      {failed ? (
        <>
          <div className="dialog-body">
            <FailureText failure={failed} />
          </div>
          <footer className="dialog-footer">
            <Button look="quiet" onClick={close}>
              {t("common.close")}
            </Button>
            <Button look="primary" autoFocus onClick={again}>
              {t("pairing.again")}
            </Button>
          </footer>
        </>
      ) : (
        <Stage pairing={pairing} onClose={close} />
      )}
    </Dialog>
  );
}

/** Where there is none any more although one was opened, the tab that had it is gone. */
function failureOf(pairing: PairingView | null, open: boolean): Failure | null {
  if (pairing?.state === "failed") return pairing.failure;
  return pairing === null && open ? { code: "pairing_over", params: {} } : null;
}

function Stage({ pairing, onClose }: { readonly pairing: PairingView | null; readonly onClose: () => void }) {
  const t = useText();
  switch (pairing?.state) {
    case "code":
      return <ShowCode code={pairing.code} expiresAt={pairing.expires_at} onClose={onClose} />;
    case "compare":
      return <Admit words={pairing.words} name={pairing.name} onClose={onClose} />;
    case "done":
      return (
        <>
          <div className="dialog-body">
            <p role="status">{t("pairing.done", { name: named(t, pairing.name) })}</p>
          </div>
          <footer className="dialog-footer">
            <Button look="primary" autoFocus onClick={onClose}>
              {t("pairing.close")}
            </Button>
          </footer>
        </>
      );
    default:
      return (
        <div className="dialog-body">
          <Loading>{t(pairing ? "pairing.finishing" : "pairing.opening")}</Loading>
        </div>
      );
  }
}

function named(t: Translate, name: string): string {
  return name === "" ? t("pairing.nameless") : name;
}

function ShowCode({ code, expiresAt, onClose }: { readonly code: string; readonly expiresAt: number; readonly onClose: () => void }) {
  const t = useText();
  const url = new URL(pathOf({ page: "pair" }), window.location.href);
  url.hash = code;
  return (
    <>
      <div className="dialog-body pairing-code">
        <p>{t("pairing.scan")}</p>
        <QrCode text={url.href} label={t("pairing.qr")} />
        <p>{t("pairing.type", { address: window.location.host })}</p>
        <output className="code" aria-label={t("pairing.code")} translate="no">
          {code}
        </output>
        <p className="soft">{t("pairing.until", { time: timeText(t.locale, expiresAt) })}</p>
      </div>
      <footer className="dialog-footer">
        <span className="soft footer-status" role="status">
          <span className="spinner" aria-hidden="true" /> {t("pairing.waiting")}
        </span>
        <Button look="quiet" onClick={onClose}>
          {t("common.cancel")}
        </Button>
      </footer>
    </>
  );
}

function Admit({ words, name, onClose }: { readonly words: readonly string[]; readonly name: string; readonly onClose: () => void }) {
  const { client, t } = useApp();
  const [password, setPassword] = useState("");
  const [missing, setMissing] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setMissing(password === "");
    if (password === "") return;
    setBusy(true);
    setFailure(null);
    const outcome = await client.commands.admitPaired(password);
    setBusy(false);
    if (!outcome.ok) setFailure(ofOwnPassword(outcome.failure));
  };

  return (
    <form
      noValidate
      onSubmit={(event) => {
        void submit(event);
      }}
    >
      <div className="dialog-body">
        <Compare words={words}>{t("pairing.compare", { name: named(t, name) })}</Compare>
        <PasswordField
          label={t("sign_in.password")}
          autoComplete="current-password"
          value={password}
          error={missing ? t("sign_in.password_missing") : null}
          onChange={(event) => {
            setPassword(event.target.value);
          }}
        />
        <FailureText failure={failure} />
      </div>
      <footer className="dialog-footer">
        <Button look="danger" onClick={onClose}>
          {t("pairing.differ")}
        </Button>
        <Button type="submit" look="primary" busy={busy}>
          {t(busy ? "pairing.admitting" : "pairing.match")}
        </Button>
      </footer>
    </form>
  );
}
