import { useId, type RefObject } from "react";
import { Button as AriaButton, Menu, MenuItem, MenuTrigger, Popover, Separator } from "react-aria-components";
import type { Translate } from "../../i18n/translate";
import { useApp, useStore } from "../app/context";
import { moveByArrow } from "../parts/arrows";
import { IconButton } from "../parts/button";
import { Icon, type IconName } from "../parts/icons";
import { useMatches } from "../parts/matches";
import type { CallActions } from "./actions";
import type { PanelName } from "./call-screen";
import type { FullScreen } from "./full-screen";
import { LeaveMenu } from "./leave-menu";
import { ReactionsMenu, ReactionsSection } from "./reactions-menu";
import { useMedia } from "./use-media";
import type { Pip } from "./use-pip";
import { LayoutMenu, LayoutSection } from "./view-menu";

interface Props {
  readonly actions: CallActions;
  readonly panel: PanelName | null;
  readonly fullScreen: FullScreen;
  readonly pip: Pip;
  readonly bar: RefObject<HTMLDivElement | null>;
}

interface Control {
  readonly icon: IconName;
  readonly label: string;
  /** The key as it is shown. */
  readonly keys?: string;
  /** The keys as `aria-keyshortcuts` wants them. */
  readonly shortcuts?: string;
  readonly look?: "off" | "active";
  readonly act: () => void;
  readonly expanded?: boolean;
  /** A number at its corner, and what it means. */
  readonly badge?: { readonly count: number; readonly text: string };
}

/** Everything that one does in a call. On a phone five buttons, and a sheet for the rest. */
export function CallToolbar({ actions, panel, fullScreen, pip, bar }: Props) {
  const { t } = useApp();
  const narrow = useMatches("(max-width: 600px)");
  const controls = useControls(actions, panel);
  const { microphone, camera, share, hand, people, chat, statistics, devices } = controls;
  const windows = [statistics, devices, ...useWindowControls(actions, fullScreen, pip)];
  return (
    // Tab stops at every button, for who does not know that arrows work too: nothing here may be hard to find.
    <div ref={bar} role="toolbar" className="call-toolbar" aria-label={t("call.controls")} tabIndex={-1} onKeyDown={moveByArrow}>
      <div className="call-toolbar-main">
        <ControlButton control={microphone} />
        <ControlButton control={camera} />
        {!narrow && share && <ControlButton control={share} />}
        {!narrow && <ControlButton control={hand} />}
        {!narrow && <ReactionsMenu onReact={actions.react} />}
        {!narrow && <ControlButton control={people} />}
        <ControlButton control={chat} />
        {narrow && <More controls={[share, hand, people, ...windows, endControl(actions, t)]} actions={actions} />}
      </div>
      <div className="call-toolbar-end">
        {!narrow && (
          <>
            <LayoutMenu onChoose={actions.view} />
            {windows.map((control) => (
              <ControlButton key={control.icon} control={control} className="view-control" />
            ))}
          </>
        )}
        <IconButton icon="leave" label={t("call.leave")} className="control control-leave" onClick={actions.leave} />
        {!narrow && actions.end && <LeaveMenu onLeave={actions.leave} onEnd={actions.end} />}
      </div>
    </div>
  );
}

type Controls = Record<"microphone" | "camera" | "hand" | "people" | "chat" | "statistics" | "devices", Control> & { share: Control | null };

function useControls(actions: CallActions, panel: PanelName | null): Controls {
  const { client, t } = useApp();
  const { unread } = useStore(client.callChat.view);
  const view = useMedia();
  return {
    microphone: {
      icon: view.microphone ? "microphone" : "microphone_off",
      label: t(view.microphone ? "call.mute" : "call.unmute"),
      keys: "M",
      shortcuts: "M Control+D Meta+D",
      ...(view.microphone ? {} : { look: "off" }),
      act: actions.microphone,
    },
    camera: {
      icon: view.camera ? "camera" : "camera_off",
      label: t(view.camera ? "call.camera_off" : "call.camera_on"),
      keys: "V",
      shortcuts: "V Control+E Meta+E",
      ...(view.camera ? {} : { look: "off" }),
      act: actions.camera,
    },
    share: view.canShareScreen
      ? {
          icon: view.screen ? "screen_stop" : "screen",
          label: t(view.screen ? "call.unshare" : "call.share"),
          keys: "D",
          shortcuts: "D",
          ...(view.screen ? { look: "active" } : {}),
          act: actions.share,
        }
      : null,
    hand: {
      icon: "hand",
      label: t(view.hand ? "call.hand_down" : "call.hand_up"),
      keys: "H",
      shortcuts: "H",
      ...(view.hand ? { look: "active" } : {}),
      act: actions.hand,
    },
    people: {
      icon: "people",
      label: t("call.people"),
      keys: "P",
      shortcuts: "P",
      ...(panel === "people" ? { look: "active" } : {}),
      act: actions.people,
      expanded: panel === "people",
    },
    statistics: {
      icon: "statistics",
      label: t("call.statistics"),
      keys: "T",
      shortcuts: "T",
      ...(panel === "statistics" ? { look: "active" } : {}),
      act: actions.statistics,
      expanded: panel === "statistics",
    },
    devices: { icon: "settings", label: t("call.devices"), act: actions.devices },
    chat: {
      icon: "chat",
      label: t("call.chat"),
      keys: "C",
      shortcuts: "C",
      ...(panel === "chat" ? { look: "active" } : {}),
      act: actions.chat,
      expanded: panel === "chat",
      ...(unread > 0 ? { badge: { count: unread, text: t("call.chat.unread", { count: unread }) } } : {}),
    },
  };
}

function endControl({ end }: CallActions, t: Translate): Control | null {
  return end && { icon: "close", label: t("call.end"), act: end };
}

/** Small window and full screen, as far as the browser has them. */
function useWindowControls(actions: CallActions, fullScreen: FullScreen, pip: Pip): Control[] {
  const { t } = useApp();
  const controls: Control[] = [];
  if (pip.kind) {
    controls.push({
      icon: "pip",
      label: t(pip.open ? "call.pip.close" : "call.pip.open"),
      ...(pip.open ? { look: "active" } : {}),
      act: actions.pip,
    });
  }
  if (fullScreen.available) {
    controls.push({
      icon: fullScreen.on ? "full_screen_exit" : "full_screen",
      label: t(fullScreen.on ? "call.full_screen.exit" : "call.full_screen"),
      keys: "F",
      shortcuts: "F",
      act: actions.fullScreen,
    });
  }
  return controls;
}

/** A larger number would not fit its place. */
const MOST_COUNTED = 99;

function ControlButton({ control, className = "control" }: { readonly control: Control; readonly className?: string }) {
  const { t } = useApp();
  const { label, keys, badge } = control;
  const id = useId();
  return (
    <span className="badged">
      <IconButton
        icon={control.icon}
        label={label}
        hint={keys ? t("common.shortcut", { label, keys }) : label}
        className={control.look ? `${className} control-${control.look}` : className}
        aria-keyshortcuts={control.shortcuts}
        aria-expanded={control.expanded}
        aria-describedby={badge && id}
        onClick={control.act}
      />
      {badge && (
        <span className="count-badge">
          <span aria-hidden="true">{badge.count > MOST_COUNTED ? `${String(MOST_COUNTED)}+` : badge.count}</span>
          <span className="visually-hidden" id={id}>
            {badge.text}
          </span>
        </span>
      )}
    </span>
  );
}

function More({ controls, actions }: { readonly controls: readonly (Control | null)[]; readonly actions: CallActions }) {
  const { t } = useApp();
  return (
    <MenuTrigger>
      <AriaButton className="icon-button control" aria-label={t("call.more")}>
        <Icon name="more" />
      </AriaButton>
      <Popover className="menu-popover sheet" placement="top">
        <Menu className="menu" aria-label={t("call.more")}>
          {controls.map(
            (control) =>
              control && (
                <MenuItem key={control.icon} className="menu-item" textValue={control.label} onAction={control.act}>
                  <Icon name={control.icon} />
                  {control.label}
                </MenuItem>
              ),
          )}
          <Separator className="menu-separator" />
          <ReactionsSection onReact={actions.react} />
          <Separator className="menu-separator" />
          <LayoutSection onChoose={actions.view} />
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
