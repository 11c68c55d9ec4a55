import { Focusable, Tooltip, TooltipTrigger } from "react-aria-components";
import type { MessageView } from "../../core/generated/MessageView";
import type { ReactionView } from "../../core/generated/ReactionView";
import { listText } from "../../i18n/format";
import { useApp } from "../app/context";
import { TOOLTIPS } from "../parts/button";
import { useReact } from "./message-acts";

/** Names that are told of one reaction; more is read by nobody. */
const MAX_NAMES = 12;

/** The reactions to a message, each with how many gave it; a press gives it too, or takes it back. */
export function MessageReactions({ roomId, message }: { readonly roomId: string; readonly message: MessageView }) {
  const react = useReact(roomId, message.message_id);
  if (message.reactions.length === 0) return null;
  return (
    // They change under what one reads: nothing to be read out.
    <ul className="reactions-given" aria-live="off">
      {message.reactions.map((each) => (
        <li key={each.emoji}>
          <ReactionButton
            reaction={each}
            onPress={() => {
              void react(each.emoji, !each.mine);
            }}
          />
        </li>
      ))}
    </ul>
  );
}

function ReactionButton({ reaction, onPress }: { readonly reaction: ReactionView; readonly onPress: () => void }) {
  const { t } = useApp();
  const { emoji, mine } = reaction;
  const told = reaction.names.slice(0, MAX_NAMES);
  const others = reaction.names.length - told.length;
  const names = listText(t.locale, others > 0 ? [...told, t("message.reaction.more", { count: others })] : told);
  return (
    <TooltipTrigger delay={500} closeDelay={100}>
      <Focusable>
        <button type="button" className="reaction-given" aria-pressed={mine} onClick={onPress}>
          <span className="emoji" aria-hidden="true">
            {emoji}
          </span>
          <span aria-hidden="true">{reaction.names.length}</span>
          <span className="visually-hidden">{t("message.reaction", { emoji, names })}</span>
        </button>
      </Focusable>
      <Tooltip className="tooltip" offset={8} UNSTABLE_portalContainer={document.getElementById(TOOLTIPS) ?? document.body}>
        {names}
      </Tooltip>
    </TooltipTrigger>
  );
}
