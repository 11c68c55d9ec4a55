import { useEffect, useRef, useState, type FormEvent } from "react";
import { failureText } from "../../i18n/codes";
import { pathOf } from "../../state/routes";
import { useApp, useStore } from "../app/context";
import { Link } from "../app/link";
import { useTitle } from "../app/title";
import { Front } from "../account/front";
import { Button } from "../parts/button";
import { Field } from "../parts/field";
import { FailureText, Loading } from "../parts/messages";
import { Compare } from "./compare";

/** The new device: a code of another device, typed or from the address, and the words to compare. */
export function Pair() {
  const { client, navigator, t } = useApp();
  const pairing = useStore(client.pairing);
  const [code, setCode] = useState(() => window.location.hash.slice(1));
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [agreed, setAgreed] = useState(false);
  const box = useRef<HTMLInputElement>(null);
  useTitle(t("pair.title"));
  // A code is good once; neither the history nor a photograph of the address bar needs it.
  useEffect(() => window.history.replaceState(null, "", pathOf({ page: "pair" })), []);
  // Who goes away from here does not want it any more.
  useEffect(() => () => void client.commands.endPairing(), [client]);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setError(code.trim() === "" ? t("pair.code_missing") : null);
    if (code.trim() !== "") {
      setBusy(true);
      setAgreed(false);
      const outcome = await client.commands.enterPairing(code);
      setBusy(false);
      if (outcome.ok) return;
      setError(failureText(t, outcome.failure));
    }
    box.current?.focus();
  };

  const agree = async (): Promise<void> => {
    setAgreed(true);
    const outcome = await client.commands.joinPaired();
    if (outcome.ok) return navigator.replace({ page: "home" });
    setAgreed(false);
    // Where the pairing says why, that is said already.
    if (client.pairing.get()?.state !== "failed") client.pairing.set({ state: "failed", failure: outcome.failure });
  };
  const differ = (): void => {
    void client.commands.endPairing();
    client.pairing.set(null);
    setAgreed(false);
    setCode("");
  };

  if (pairing?.state === "compare" && !agreed) {
    return (
      <Front>
        <h1>{t("pair.title")}</h1>
        <p>{t("pair.account", { name: pairing.name, email: pairing.email ?? "" })}</p>
        <Compare words={pairing.words}>{t("pair.compare")}</Compare>
        <div className="front-choice">
          <Button look="danger" onClick={differ}>
            {t("pairing.differ")}
          </Button>
          <Button look="primary" onClick={() => void agree()}>
            {t("pairing.match")}
          </Button>
        </div>
      </Front>
    );
  }
  if (pairing?.state === "working" || pairing?.state === "compare") {
    return (
      <Front>
        <h1>{t("pair.title")}</h1>
        <Loading>{t(agreed ? "pair.waiting" : "pair.meeting")}</Loading>
        <Button look="quiet" onClick={differ}>
          {t("common.cancel")}
        </Button>
      </Front>
    );
  }
  return (
    <Front>
      <h1>{t("pair.title")}</h1>
      <p className="lead">{t("pair.lead")}</p>
      <form
        noValidate
        onSubmit={(event) => {
          void submit(event);
        }}
      >
        <Field
          ref={box}
          autoFocus
          label={t("pairing.code")}
          hint={t("pair.hint")}
          value={code}
          error={error}
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          onChange={(event) => {
            setCode(event.target.value);
          }}
        />
        <FailureText failure={pairing?.state === "failed" ? pairing.failure : null} />
        <Button type="submit" look="primary" className="wide" busy={busy}>
          {t(busy ? "pair.busy" : "pair.submit")}
        </Button>
      </form>
      <p className="front-aside">
        <Link to={{ page: "home" }}>{t("pair.back")}</Link>
      </p>
    </Front>
  );
}
