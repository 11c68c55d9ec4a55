import { Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover, Pressable, Tooltip, TooltipTrigger } from "react-aria-components";
import { EMOJI, REACTIONS } from "../../state/reactions";
import { useApp } from "../app/context";
import { TOOLTIPS } from "../parts/button";
import { Icon } from "../parts/icons";
import type { CallActions } from "./actions";

interface Props {
  readonly onReact: CallActions["react"];
}

/** The reactions behind a button of their own. */
export function ReactionsMenu({ onReact }: Props) {
  const { t } = useApp();
  const label = t("call.reactions");
  return (
    <MenuTrigger>
      <TooltipTrigger delay={500} closeDelay={100}>
        <Pressable>
          <button type="button" className="icon-button control" aria-label={label} aria-keyshortcuts="1 2 3 4 5">
            <Icon name="reaction" />
          </button>
        </Pressable>
        <Tooltip className="tooltip" offset={8} UNSTABLE_portalContainer={document.getElementById(TOOLTIPS) ?? document.body}>
          {t("common.shortcut", { label, keys: "1–5" })}
        </Tooltip>
      </TooltipTrigger>
      <Popover className="menu-popover" placement="top">
        <Menu className="menu" aria-label={label}>
          <ReactionItems onReact={onReact} />
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

/** The reactions as a section of a menu. */
export function ReactionsSection({ onReact }: Props) {
  const { t } = useApp();
  return (
    <MenuSection>
      <Header className="menu-header">{t("call.reactions")}</Header>
      <ReactionItems onReact={onReact} />
    </MenuSection>
  );
}

function ReactionItems({ onReact }: Props) {
  const { t } = useApp();
  return REACTIONS.map((reaction, index) => (
    <MenuItem
      key={reaction}
      id={reaction}
      className="menu-item"
      textValue={t(`reaction.${reaction}`)}
      onAction={() => {
        onReact(reaction);
      }}
    >
      <span className="emoji" aria-hidden="true">
        {EMOJI[reaction]}
      </span>
      <span className="menu-text">{t(`reaction.${reaction}`)}</span>
      <kbd aria-hidden="true">{index + 1}</kbd>
    </MenuItem>
  ));
}
