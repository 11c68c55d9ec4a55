import { Focusable, Tooltip, TooltipTrigger } from "react-aria-components";
import type { MessageView } from "../../core/generated/MessageView";
import type { SignView } from "../../core/generated/SignView";
import { listText } from "../../i18n/format";
import { useApp } from "../app/context";
import { TOOLTIPS } from "../parts/button";
import { useSign } from "./message-acts";

/** Names that are told of one sign; more is read by nobody. */
const MAX_NAMES = 12;

/** The signs on a message, each with how many gave it; a press gives it too, or takes it back. */
export function Signs({ roomId, message }: { readonly roomId: string; readonly message: MessageView }) {
  const sign = useSign(roomId, message.message_id);
  if (message.signs.length === 0) return null;
  return (
    // They change under what one reads: nothing to be read out.
    <ul className="signs" aria-live="off">
      {message.signs.map((each) => (
        <li key={each.emoji}>
          <SignButton
            sign={each}
            onPress={() => {
              void sign(each.emoji, !each.mine);
            }}
          />
        </li>
      ))}
    </ul>
  );
}

function SignButton({ sign, onPress }: { readonly sign: SignView; readonly onPress: () => void }) {
  const { t } = useApp();
  const { emoji, mine } = sign;
  const told = sign.names.slice(0, MAX_NAMES);
  const others = sign.names.length - told.length;
  const names = listText(t.locale, others > 0 ? [...told, t("message.sign.more", { count: others })] : told);
  return (
    <TooltipTrigger delay={500} closeDelay={100}>
      <Focusable>
        <button type="button" className="sign" aria-pressed={mine} onClick={onPress}>
          <span className="emoji" aria-hidden="true">
            {emoji}
          </span>
          <span aria-hidden="true">{sign.names.length}</span>
          <span className="visually-hidden">{t("message.sign", { emoji, names })}</span>
        </button>
      </Focusable>
      <Tooltip className="tooltip" offset={8} UNSTABLE_portalContainer={document.getElementById(TOOLTIPS) ?? document.body}>
        {names}
      </Tooltip>
    </TooltipTrigger>
  );
}
