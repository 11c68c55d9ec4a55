import type { CallView } from "../../core/generated/CallView";
import { useApp } from "../app/context";
import { Button } from "../parts/button";
import { Empty } from "../parts/messages";

/** In place of the call, where others put an end to it: who did, and the way back. */
export function CallOver({ call, onBack }: { readonly call: CallView; readonly onBack: () => void }) {
  const { t } = useApp();
  const ended = call.phase === "ended";
  const title = call.by === null ? t(ended ? "call.ended" : "call.removed.title") : t(ended ? "call.ended.by" : "call.removed.by", { name: call.by });
  const text = ended ? t("call.ended.text") : t(call.by === null ? "call.removed.text" : "call.removed.stays");
  return (
    <main className="home" id="content">
      <div className="home" role="alert">
        <Empty title={title} icon={ended ? "leave" : "shield_alert"} level={1}>
          <p>{text}</p>
          <Button look="primary" onClick={onBack}>
            {t("call.back_to_room")}
          </Button>
        </Empty>
      </div>
    </main>
  );
}
