import { useEffect, useRef, useState, type FormEvent } from "react";
import type { PairingView } from "../../core/generated/PairingView";
import { timeText } from "../../i18n/format";
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
  const begun = useRef(-1);

  useEffect(() => {
    if (begun.current === attempt) return;
    begun.current = attempt;
    void client.commands.openPairing().then((outcome) => {
      if (!outcome.ok) setFailure(outcome.failure);
    });
  }, [client, attempt]);

  const again = (): void => {
    setFailure(null);
    client.pairing.set(null);
    setAttempt(attempt + 1);
  };
  const close = (): void => {
    void client.commands.endPairing();
    if (pairing?.state === "done") onDone();
    onClose();
  };

  const failed = failure ?? (pairing?.state === "failed" ? pairing.failure : null);
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
            <p role="status">{t("pairing.done", { name: pairing.name })}</p>
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
        <Compare words={words}>{t("pairing.compare", { name: name === "" ? t("pairing.nameless") : name })}</Compare>
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
