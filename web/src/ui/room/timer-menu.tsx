import { Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover, Pressable, Tooltip, TooltipTrigger } from "react-aria-components";
import type { RoomView } from "../../core/generated/RoomView";
import { spanText } from "../../i18n/format";
import { BURN_CHOICES, OWN_TTL_CHOICES, shorterThan } from "../../state/timers";
import { useApp, useStore } from "../app/context";
import { TOOLTIPS } from "../parts/button";
import { Icon } from "../parts/icons";

/** Chooses how long what one writes from now on is to live: shorter than the room has it. */
export function TimerMenu({ room }: { readonly room: RoomView }) {
  const { client, t } = useApp();
  const store = client.writings.of(room.room_id);
  const { timers } = useStore(store);
  const label = t("timers.button");
  const isSet = timers.ttlMs !== null || timers.burnMs !== null;
  return (
    <MenuTrigger>
      <TooltipTrigger delay={500} closeDelay={100}>
        <Pressable>
          <button type="button" className={isSet ? "icon-button composer-button composer-button-on" : "icon-button composer-button"} aria-label={label}>
            <Icon name="clock" />
          </button>
        </Pressable>
        <Tooltip className="tooltip" offset={8} UNSTABLE_portalContainer={document.getElementById(TOOLTIPS) ?? document.body}>
          {label}
        </Tooltip>
      </TooltipTrigger>
      <Popover className="menu-popover" placement="top start">
        <Menu className="menu" aria-label={label}>
          <TimerSection
            title={t("timers.after_sending")}
            cap={room.ttl_ms}
            choices={OWN_TTL_CHOICES}
            chosen={timers.ttlMs}
            onChoose={(ttlMs) => {
              store.update((writing) => ({ ...writing, timers: { ...writing.timers, ttlMs } }));
            }}
          />
          <TimerSection
            title={t("timers.after_reading")}
            cap={room.burn_ms}
            choices={BURN_CHOICES}
            chosen={timers.burnMs}
            onChoose={(burnMs) => {
              store.update((writing) => ({ ...writing, timers: { ...writing.timers, burnMs } }));
            }}
          />
        </Menu>
        <p className="menu-note">{t("timers.copies")}</p>
      </Popover>
    </MenuTrigger>
  );
}

interface SectionProps {
  readonly title: string;
  /** The room's time; 0 where it has none. */
  readonly cap: number;
  readonly choices: readonly number[];
  readonly chosen: number | null;
  readonly onChoose: (ms: number | null) => void;
}

const ROOM = "room";

function TimerSection({ title, cap, choices, chosen, onChoose }: SectionProps) {
  const { t } = useApp();
  // Unlike in every other section of the menu.
  const idOf = (key: string): string => `${title} ${key}`;
  const items = [
    { key: ROOM, text: cap === 0 ? t("timers.none") : t("timers.as_room", { time: spanText(t.locale, cap) }) },
    ...shorterThan(cap, choices).map((ms) => ({ key: String(ms), text: spanText(t.locale, ms) })),
  ];
  const selected = chosen === null ? ROOM : String(chosen);
  return (
    <MenuSection
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[idOf(selected)]}
      onSelectionChange={(keys) => {
        const item = items.find(({ key }) => keys !== "all" && keys.has(idOf(key)));
        if (item) onChoose(item.key === ROOM ? null : Number(item.key));
      }}
    >
      <Header className="menu-header">{title}</Header>
      {items.map(({ key, text }) => (
        <MenuItem key={key} id={idOf(key)} className="menu-item menu-item-small" textValue={text}>
          <span className="menu-text">{text}</span>
          {key === selected && <Icon name="check" size={18} />}
        </MenuItem>
      ))}
    </MenuSection>
  );
}
