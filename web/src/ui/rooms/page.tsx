import type { ReactNode } from "react";
import { useText } from "../app/context";
import { Link } from "../app/link";
import { useTitle } from "../app/title";
import { Icon } from "../parts/icons";

/** A page with a heading and text, such as Settings. */
export function TextPage({ title, lead, children }: { readonly title: string; readonly lead?: string; readonly children: ReactNode }) {
  const t = useText();
  useTitle(title);
  return (
    <div className="text-page">
      <Link to={{ page: "home" }} className="back-link phone-only">
        <Icon name="back" />
        {t("room.back")}
      </Link>
      <h1>{title}</h1>
      {lead && <p className="lead">{lead}</p>}
      {children}
    </div>
  );
}
