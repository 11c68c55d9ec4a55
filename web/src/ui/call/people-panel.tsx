import type { CallView } from "../../core/generated/CallView";
import { useApp } from "../app/context";
import { Panel } from "../parts/panel";
import { Roster } from "./roster";

/** Who is in the call and how they are. */
export function PeoplePanel({ call, onClose }: { readonly call: CallView; readonly onClose: () => void }) {
  const { t } = useApp();
  return (
    <Panel title={t("people_panel.title")} onClose={onClose}>
      <p className="soft">{t("people_panel.count", { count: call.participants.length })}</p>
      <Roster call={call} states />
    </Panel>
  );
}
