import { failureText } from "../../i18n/codes";
import type { Failure } from "../../state/core";
import { useApp } from "../app/context";
import { Link } from "../app/link";
import { useTitle } from "../app/title";
import { useAsked } from "../parts/asked";
import { Button } from "../parts/button";
import { Loading } from "../parts/messages";
import { Front } from "./front";
import { InviteForm } from "./invite-form";

/** The page behind an invitation link. */
export function Invite({ code }: { readonly code: string }) {
  const { client, t } = useApp();
  const [outcome, again] = useAsked(() => client.commands.lookUpInvitation(code));
  useTitle(t("invite.title"));

  if (!outcome) {
    return (
      <Front>
        <h1>{t("invite.title")}</h1>
        <Loading>{t("invite.checking")}</Loading>
      </Front>
    );
  }
  if (!outcome.ok) {
    return <Unusable failure={outcome.failure} onRetry={again} />;
  }
  return (
    <Front>
      <h1>{t("invite.title")}</h1>
      <p className="lead">{t("invite.lead", { network: outcome.value.network_name })}</p>
      <InviteForm code={code} card={outcome.value} />
    </Front>
  );
}

/** Causes that no second try can cure. */
const FINAL = new Set(["invitation_used", "invitation_expired", "not_found", "malformed", "already_registered"]);

function Unusable({ failure, onRetry }: { readonly failure: Failure; readonly onRetry: () => void }) {
  const { t } = useApp();
  // To the person a code that nobody knows and one that was used are the same thing.
  const shown = failure.code === "not_found" || failure.code === "malformed" ? { ...failure, code: "invitation_used" } : failure;
  return (
    <Front>
      <h1>{t("invite.unusable")}</h1>
      <p className="lead" role="alert">
        {failureText(t, shown)}
      </p>
      {!FINAL.has(failure.code) && (
        <Button look="primary" onClick={onRetry}>
          {t("common.retry")}
        </Button>
      )}
      <p className="front-aside">
        <Link to={{ page: "home" }}>{t("invite.to_sign_in")}</Link>
      </p>
    </Front>
  );
}

/** An invitation link that is opened where somebody is signed in. */
export function InviteWhileSignedIn({ email }: { readonly email: string }) {
  const { t } = useApp();
  useTitle(t("invite.signed_in_title"));
  return (
    <Front>
      <h1>{t("invite.signed_in_title")}</h1>
      <p className="lead">{t("invite.signed_in_text", { email })}</p>
      <p className="front-aside">
        <Link to={{ page: "home" }}>{t("app.not_found.home")}</Link>
      </p>
    </Front>
  );
}
