import { useText } from "../app/context";
import { Link } from "../app/link";
import { useTitle } from "../app/title";
import { Front } from "./front";

/** What one can do without the password. */
export function ForgotPassword() {
  const t = useText();
  useTitle(t("forgot.title"));
  return (
    <Front>
      <h1>{t("forgot.title")}</h1>
      <p className="lead">{t("forgot.lead")}</p>
      <p>{t("forgot.device")}</p>
      <p>{t("forgot.administrator")}</p>
      <p className="front-aside">
        <Link to={{ page: "home" }}>{t("forgot.back")}</Link>
      </p>
    </Front>
  );
}
