import { Empty } from "../parts/messages";
import { useText } from "./context";
import { Link } from "./link";
import { useTitle } from "./title";

/** An address that means nothing. */
export function NotFound() {
  const t = useText();
  useTitle(t("app.not_found.title"));
  return (
    <div className="home">
      <Empty title={t("app.not_found.title")} level={1}>
        <p>{t("app.not_found.text")}</p>
        <Link to={{ page: "home" }} className="button button-plain">
          {t("app.not_found.home")}
        </Link>
      </Empty>
    </div>
  );
}
