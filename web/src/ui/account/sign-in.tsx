import { useRef, useState, type FormEvent } from "react";
import { signedOutText } from "../../i18n/codes";
import type { Failure } from "../../state/core";
import { looksLikeEmail } from "../../state/email";
import { useApp } from "../app/context";
import { Link } from "../app/link";
import { useTitle } from "../app/title";
import { Button } from "../parts/button";
import { Field, PasswordField } from "../parts/field";
import { FailureText, Note } from "../parts/messages";
import { Erase } from "./erase";
import { Front } from "./front";

interface Errors {
  readonly email?: string;
  readonly password?: string;
}

/** Sign-in with e-mail and password; makes this browser a device of the account. */
export function SignIn({ reason }: { readonly reason: string | null }) {
  const { client, t } = useApp();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [errors, setErrors] = useState<Errors>({});
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const emailBox = useRef<HTMLInputElement>(null);
  const passwordBox = useRef<HTMLInputElement>(null);
  useTitle(t("sign_in.title"));

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    const found: { email?: string; password?: string } = {};
    if (email.trim() === "") found.email = t("sign_in.email_missing");
    else if (!looksLikeEmail(email)) found.email = t("sign_in.email_malformed");
    if (password === "") found.password = t("sign_in.password_missing");
    setErrors(found);
    setFailure(null);
    if (found.email) emailBox.current?.focus();
    else if (found.password) passwordBox.current?.focus();
    if (found.email ?? found.password) return;
    setBusy(true);
    const outcome = await client.commands.signIn(email, password);
    setBusy(false);
    if (outcome.ok) setPassword("");
    else {
      setFailure(outcome.failure);
      passwordBox.current?.focus();
    }
  };

  return (
    <Front>
      <h1>{t("sign_in.title")}</h1>
      <p className="lead">{t("sign_in.lead")}</p>
      {reason && <Note tone="warning">{signedOutText(t, reason)}</Note>}
      <form
        noValidate
        onSubmit={(event) => {
          void submit(event);
        }}
      >
        <Field
          ref={emailBox}
          label={t("sign_in.email")}
          type="email"
          name="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          value={email}
          error={errors.email ?? null}
          onChange={(event) => {
            setEmail(event.target.value);
          }}
        />
        <PasswordField
          ref={passwordBox}
          label={t("sign_in.password")}
          name="password"
          autoComplete="current-password"
          value={password}
          error={errors.password ?? null}
          onChange={(event) => {
            setPassword(event.target.value);
          }}
        />
        <FailureText failure={failure} />
        <Button type="submit" look="primary" className="wide" busy={busy}>
          {t(busy ? "sign_in.busy" : "sign_in.submit")}
        </Button>
      </form>
      <p className="front-aside">
        <Link to={{ page: "forgot_password" }}>{t("sign_in.forgot")}</Link>
        <Link to={{ page: "pair" }}>{t("sign_in.pair")}</Link>
        <span className="soft">{t("sign_in.invited")}</span>
      </p>
      {reason === "signed_out_by_server" && <Erase />}
    </Front>
  );
}
