import { useApp, useStore } from "../app/context";
import { Dialog } from "../parts/dialog";
import { Note } from "../parts/messages";
import { canFullScreen } from "./full-screen";

const KEYS = [
  ["microphone", ["M", "Ctrl+D"]],
  ["camera", ["V", "Ctrl+E"]],
  ["talk", ["keys.space"]],
  ["share", ["D"]],
  ["hand", ["H"]],
  ["reactions", ["1", "2", "3", "4", "5"]],
  ["chat", ["C"]],
  ["people", ["P"]],
  ["layout", ["G"]],
  ["full_screen", ["F"]],
  ["statistics", ["T"]],
  ["toolbar", ["F2"]],
  ["help", ["?"]],
] as const;

/** The keys of a call. */
export function KeysDialog({ onClose }: { readonly onClose: () => void }) {
  const { client, t } = useApp();
  const { singleKeyShortcuts } = useStore(client.preferences.view);
  return (
    <Dialog title={t("keys.title")} onClose={onClose}>
      <div className="dialog-body">
        {!singleKeyShortcuts && <Note tone="info">{t("keys.off")}</Note>}
        <dl className="keys">
          {KEYS.filter(([what]) => what !== "full_screen" || canFullScreen()).map(([what, keys]) => (
            <div key={what}>
              <dt>{t(`keys.${what}`)}</dt>
              <dd>
                {keys.map((key) => (
                  <kbd key={key}>{key === "keys.space" ? t(key) : key}</kbd>
                ))}
              </dd>
            </div>
          ))}
        </dl>
      </div>
    </Dialog>
  );
}
