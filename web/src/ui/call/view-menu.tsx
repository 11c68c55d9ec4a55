import { Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover, Pressable, Tooltip, TooltipTrigger } from "react-aria-components";
import { VIEW_CHOICES, type ViewChoice } from "../../state/layout";
import { useApp, useStore } from "../app/context";
import { TOOLTIPS } from "../parts/button";
import { Icon, type IconName } from "../parts/icons";

const ICONS = { auto: "layout", grid: "grid", speaker: "speaker_view" } as const satisfies Record<ViewChoice, IconName>;

interface Props {
  readonly onChoose: (choice: ViewChoice) => void;
}

/** The choice of a layout behind a button of its own. */
export function LayoutMenu({ onChoose }: Props) {
  const { t } = useApp();
  const label = t("call.layout");
  return (
    <MenuTrigger>
      <TooltipTrigger delay={500} closeDelay={100}>
        <Pressable>
          <button type="button" className="icon-button view-control" aria-label={label} aria-keyshortcuts="G">
            <Icon name="layout" />
          </button>
        </Pressable>
        <Tooltip className="tooltip" offset={8} UNSTABLE_portalContainer={document.getElementById(TOOLTIPS) ?? document.body}>
          {t("common.shortcut", { label, keys: "G" })}
        </Tooltip>
      </TooltipTrigger>
      <Popover className="menu-popover" placement="top">
        <Menu className="menu" aria-label={label}>
          <LayoutSection onChoose={onChoose} />
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

/** The layouts as a section of a menu. */
export function LayoutSection({ onChoose }: Props) {
  const { client, t } = useApp();
  const { callView } = useStore(client.preferences.view);
  return (
    <MenuSection
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[callView]}
      onSelectionChange={(keys) => {
        const choice = VIEW_CHOICES.find((each) => keys !== "all" && keys.has(each));
        if (choice) onChoose(choice);
      }}
    >
      <Header className="menu-header">{t("call.layout")}</Header>
      {VIEW_CHOICES.map((choice) => (
        <MenuItem key={choice} id={choice} className="menu-item" textValue={t(`call.layout.${choice}`)}>
          <Icon name={ICONS[choice]} />
          <span className="menu-text">{t(`call.layout.${choice}`)}</span>
          {callView === choice && <Icon name="check" size={18} />}
        </MenuItem>
      ))}
    </MenuSection>
  );
}
