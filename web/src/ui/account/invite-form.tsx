import { useRef, useState, type FormEvent, type ReactNode } from "react";
import type { InvitationCard } from "../../core/generated/InvitationCard";
import type { Failure } from "../../state/core";
import { looksLikeEmail, normalEmail } from "../../state/email";
import { excess, MAX_NAME_LEN } from "../../state/limits";
import { judgePassword } from "../../state/password";
import { useApp } from "../app/context";
import { Button } from "../parts/button";
import { Field, PasswordField } from "../parts/field";
import { FailureText } from "../parts/messages";
import { PasswordMeter } from "./password-meter";

type Errors = Partial<Record<"email" | "name" | "password" | "repeat", string>>;

/** Name and password of a new account, and its address where the invitation leaves it open. */
export function InviteForm({ code, card }: { readonly code: string; readonly card: InvitationCard }) {
  const { client, navigator, t } = useApp();
  const [email, setEmail] = useState(card.email);
  const [name, setName] = useState(card.name ?? "");
  const [password, setPassword] = useState("");
  const [repeat, setRepeat] = useState("");
  const [errors, setErrors] = useState<Errors>({});
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const emailBox = useRef<HTMLInputElement>(null);
  const nameBox = useRef<HTMLInputElement>(null);
  const passwordBox = useRef<HTMLInputElement>(null);
  const repeatBox = useRef<HTMLInputElement>(null);
  const report = judgePassword(password, [name, email]);

  const check = (): Errors => {
    const found: Errors = {};
    if (normalEmail(email) === "") found.email = t("sign_in.email_missing");
    else if (!looksLikeEmail(email)) found.email = t("sign_in.email_malformed");
    if (name.trim() === "") found.name = t("invite.name_missing");
    else if (excess(name.trim(), MAX_NAME_LEN) > 0) found.name = t("invite.name_too_long");
    if (password === "") found.password = t("password.missing");
    else if (!report.acceptable) found.password = t("password.too_weak");
    if (password !== "" && repeat !== password) found.repeat = t("invite.repeat_mismatch");
    return found;
  };

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    const found = check();
    setErrors(found);
    setFailure(null);
    if (found.email) emailBox.current?.focus();
    else if (found.name) nameBox.current?.focus();
    else if (found.password) passwordBox.current?.focus();
    else if (found.repeat) repeatBox.current?.focus();
    if (Object.keys(found).length > 0) return;
    setBusy(true);
    client.accepting.set(code);
    const outcome = await client.commands.register(code, normalEmail(email), name.trim(), password);
    setBusy(false);
    if (outcome.ok) navigator.replace({ page: "home" });
    client.accepting.set(null);
    if (!outcome.ok) setFailure(outcome.failure);
  };

  return (
    <form
      noValidate
      onSubmit={(event) => {
        void submit(event);
      }}
    >
      {card.email_fixed ? (
        <Settled label={t("invite.email")} value={card.email} hint={t("invite.email_hint")}>
          {/* For password managers, which look for a box. */}
          <input type="email" name="email" autoComplete="username" value={card.email} readOnly hidden />
        </Settled>
      ) : (
        <Field
          ref={emailBox}
          label={t("invite.email")}
          type="email"
          name="email"
          autoComplete="username"
          required
          value={email}
          error={errors.email ?? null}
          hint={t("invite.email_hint")}
          onChange={(event) => {
            setEmail(event.target.value);
          }}
        />
      )}
      {card.name === null ? (
        <Field
          ref={nameBox}
          label={t("invite.name")}
          name="name"
          autoComplete="name"
          value={name}
          error={errors.name ?? null}
          onChange={(event) => {
            setName(event.target.value);
          }}
        />
      ) : (
        <Settled label={t("invite.name_given")} value={card.name} hint={t("invite.name_hint")} />
      )}
      <PasswordField
        ref={passwordBox}
        label={t("invite.password")}
        name="new-password"
        autoComplete="new-password"
        value={password}
        error={errors.password ?? null}
        onChange={(event) => {
          setPassword(event.target.value);
        }}
      />
      <PasswordMeter report={report} />
      <PasswordField
        ref={repeatBox}
        label={t("invite.repeat")}
        name="repeat-password"
        autoComplete="new-password"
        value={repeat}
        error={errors.repeat ?? null}
        onChange={(event) => {
          setRepeat(event.target.value);
        }}
      />
      <FailureText failure={failure} />
      <Button type="submit" look="primary" className="wide" busy={busy}>
        {t(busy ? "invite.busy" : "invite.submit")}
      </Button>
      {busy && <p className="field-hint">{t("invite.busy_hint")}</p>}
    </form>
  );
}

/** What the administrator has settled: shown, not asked. */
function Settled({ label, value, hint, children }: { readonly label: string; readonly value: string; readonly hint: string; readonly children?: ReactNode }) {
  return (
    <div className="field field-settled">
      <span className="field-label">{label}</span>
      <p className="settled-value">{value}</p>
      <p className="field-hint">{hint}</p>
      {children}
    </div>
  );
}
