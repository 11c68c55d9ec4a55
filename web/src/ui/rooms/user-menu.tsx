import { useState } from "react";
import { Button, Menu, MenuItem, MenuTrigger, Popover, Separator } from "react-aria-components";
import type { PersonCard } from "../../core/generated/PersonCard";
import { useApp, useStore } from "../app/context";
import { Avatar } from "../parts/avatar";
import { Confirm } from "../parts/dialog";
import { Icon, type IconName } from "../parts/icons";

const PAGES = [
  ["saved", "bookmark"],
  ["profile", "person"],
  ["devices", "devices"],
  ["data", "data"],
  ["settings", "settings"],
] as const satisfies readonly (readonly [string, IconName])[];

/** The button with one's own name, and what is behind it. */
export function UserMenu({ me }: { readonly me: PersonCard }) {
  const { client, media, navigator, t } = useApp();
  const hasLock = useStore(client.hasLock);
  const [leaving, setLeaving] = useState(false);
  return (
    <>
      <MenuTrigger>
        <Button className="user-button">
          <Avatar id={me.user_id} name={me.name} />
          <bdi>{me.name}</bdi>
          <Icon name="down" size={16} />
        </Button>
        <Popover className="menu-popover" placement="bottom start">
          <Menu className="menu">
            {PAGES.map(([page, icon]) => (
              <MenuItem
                key={page}
                className="menu-item"
                textValue={t(`menu.${page}`)}
                onAction={() => {
                  navigator.go({ page });
                }}
              >
                <Icon name={icon} />
                {t(`menu.${page}`)}
              </MenuItem>
            ))}
            <Separator className="menu-separator" />
            {hasLock && (
              <MenuItem
                className="menu-item"
                textValue={t("lock.now")}
                onAction={() => {
                  client.lock();
                }}
              >
                <Icon name="lock" />
                {t("lock.now")}
              </MenuItem>
            )}
            <MenuItem
              className="menu-item"
              textValue={t("menu.sign_out")}
              onAction={() => {
                setLeaving(true);
              }}
            >
              <Icon name="sign_out" />
              {t("menu.sign_out")}
            </MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
      {leaving && (
        <Confirm
          title={t("sign_out.title")}
          text={
            <>
              <p>{t("sign_out.text")}</p>
              <p>{t("sign_out.last")}</p>
            </>
          }
          confirm={t("sign_out.confirm")}
          busyText={t("sign_out.busy")}
          act={async () => {
            await media.leave();
            return client.commands.signOut();
          }}
          onClose={() => {
            setLeaving(false);
          }}
          onDone={() => {
            navigator.replace({ page: "home" });
          }}
        />
      )}
    </>
  );
}
