import { Menu, MenuItem, MenuTrigger, Popover, Pressable, Tooltip, TooltipTrigger } from "react-aria-components";
import { useApp } from "../app/context";
import { TOOLTIPS } from "../parts/button";
import { Confirm } from "../parts/dialog";
import { Icon } from "../parts/icons";

interface Props {
  readonly onLeave: () => void;
  readonly onEnd: () => void;
}

/** For moderators, beside the button that leaves at once: leaving alone, or ending the call for everybody. */
export function LeaveMenu({ onLeave, onEnd }: Props) {
  const { t } = useApp();
  const label = t("call.leave_options");
  return (
    <MenuTrigger>
      <TooltipTrigger delay={500} closeDelay={100}>
        <Pressable>
          <button type="button" className="icon-button view-control" aria-label={label}>
            <Icon name="down" />
          </button>
        </Pressable>
        <Tooltip className="tooltip" offset={8} UNSTABLE_portalContainer={document.getElementById(TOOLTIPS) ?? document.body}>
          {label}
        </Tooltip>
      </TooltipTrigger>
      <Popover className="menu-popover" placement="top end">
        <Menu className="menu" aria-label={label}>
          <MenuItem className="menu-item" textValue={t("call.leave")} onAction={onLeave}>
            <Icon name="leave" />
            {t("call.leave")}
          </MenuItem>
          <MenuItem className="menu-item" textValue={t("call.end")} onAction={onEnd}>
            <Icon name="close" />
            {t("call.end")}
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

/** Asks before the call ends for all who are in it. */
export function EndCall({ onClose }: { readonly onClose: () => void }) {
  const { client, t } = useApp();
  return (
    <Confirm
      title={t("call.end.title")}
      text={<p>{t("call.end.text")}</p>}
      confirm={t("call.end")}
      act={() => client.commands.endCall()}
      onClose={onClose}
    />
  );
}
