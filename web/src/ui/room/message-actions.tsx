import { Dialog, DialogTrigger, Menu, MenuItem, MenuTrigger, Popover, Pressable, Tooltip, TooltipTrigger } from "react-aria-components";
import type { MessageView } from "../../core/generated/MessageView";
import { useApp } from "../app/context";
import { useCopy } from "../guest/use-copy";
import { moveByArrow } from "../parts/arrows";
import { IconButton, TOOLTIPS } from "../parts/button";
import { Icon, type IconName } from "../parts/icons";
import { doableWith, useReact, useSave, type Doable } from "./message-acts";
import { EmojiPicker } from "./emoji-picker";

/** What is open of a message's actions. */
export type OpenAction = "react" | "more" | null;

interface Props {
  readonly roomId: string;
  readonly message: MessageView;
  readonly open: OpenAction;
  readonly onOpen: (open: OpenAction) => void;
  /** Something was chosen. */
  readonly onDone: () => void;
  readonly onDelete: () => void;
  readonly onForward: () => void;
}

/** The toolbar of a message, where there is anything to be done with it. */
export function MessageActions({ roomId, message, open, onOpen, onDone, onDelete, onForward }: Props) {
  const { client, t } = useApp();
  const doable = doableWith(message);
  const more = doable.edit || doable.copy || doable.forward || doable.save || doable.remove;
  if (!doable.react && !doable.reply && !more) return null;
  const opening = (action: OpenAction) => (isOpen: boolean) => {
    onOpen(isOpen ? action : null);
  };
  return (
    // It comes and goes with the pointer: nothing to be read out.
    <div className="message-actions-track" aria-live="off">
      <div role="toolbar" className="message-actions" aria-label={t("message.actions")} onKeyDown={moveByArrow} tabIndex={-1}>
        {doable.react && <ReactAction roomId={roomId} message={message} isOpen={open === "react"} onOpenChange={opening("react")} onDone={onDone} />}
        {doable.reply && (
          <IconButton
            icon="reply"
            label={t("message.reply")}
            onClick={() => {
              client.writings.answer(roomId, message);
              onDone();
            }}
          />
        )}
        {more && (
          <MoreActions
            roomId={roomId}
            message={message}
            doable={doable}
            isOpen={open === "more"}
            onOpenChange={opening("more")}
            onDone={onDone}
            onDelete={onDelete}
            onForward={onForward}
          />
        )}
      </div>
    </div>
  );
}

interface OpenerProps {
  readonly roomId: string;
  readonly message: MessageView;
  readonly isOpen: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly onDone: () => void;
}

function ReactAction({ roomId, message, isOpen, onOpenChange, onDone }: OpenerProps) {
  const { t } = useApp();
  const react = useReact(roomId, message.message_id);
  const mine = new Set(message.reactions.filter((each) => each.mine).map(({ emoji }) => emoji));
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={onOpenChange}>
      <Opener icon="reaction" label={t("message.react")} />
      <Popover className="menu-popover emoji-popover" placement="top">
        <Dialog className="dialog" aria-label={t("message.react")}>
          <EmojiPicker
            mine={mine}
            onPick={(emoji) => {
              onOpenChange(false);
              onDone();
              void react(emoji, !mine.has(emoji));
            }}
          />
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

interface MoreProps extends OpenerProps {
  readonly doable: Doable;
  readonly onDelete: () => void;
  readonly onForward: () => void;
}

function MoreActions({ roomId, message, doable, isOpen, onOpenChange, onDone, onDelete, onForward }: MoreProps) {
  const { client, t } = useApp();
  const copy = useCopy();
  const save = useSave();
  const saving = t(message.saved ? "message.unsave" : "message.save");
  const { body } = message;
  return (
    <MenuTrigger isOpen={isOpen} onOpenChange={onOpenChange}>
      <Opener icon="more" label={t("message.more")} />
      <Popover className="menu-popover" placement="bottom end">
        <Menu className="menu" aria-label={t("message.more")} onAction={onDone}>
          {doable.edit && (
            <MenuItem
              className="menu-item"
              textValue={t("message.edit")}
              onAction={() => {
                client.writings.edit(roomId, message);
              }}
            >
              <Icon name="pencil" />
              {t("message.edit")}
            </MenuItem>
          )}
          {doable.copy && "text" in body && (
            <MenuItem
              className="menu-item"
              textValue={t("message.copy")}
              onAction={() => {
                void copy(body.text, "message.copied");
              }}
            >
              <Icon name="copy" />
              {t("message.copy")}
            </MenuItem>
          )}
          {doable.forward && (
            <MenuItem className="menu-item" textValue={t("message.forward")} onAction={onForward}>
              <Icon name="forward" />
              {t("message.forward")}
            </MenuItem>
          )}
          {doable.save && (
            <MenuItem
              className="menu-item"
              textValue={saving}
              onAction={() => {
                void save(roomId, message.message_id, !message.saved);
              }}
            >
              <Icon name="bookmark" />
              {saving}
            </MenuItem>
          )}
          {doable.remove && (
            <MenuItem className="menu-item menu-item-danger" textValue={t("message.delete")} onAction={onDelete}>
              <Icon name="trash" />
              {t("message.delete")}
            </MenuItem>
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function Opener({ icon, label }: { readonly icon: IconName; readonly label: string }) {
  return (
    <TooltipTrigger delay={500} closeDelay={100}>
      <Pressable>
        <button type="button" className="icon-button" aria-label={label}>
          <Icon name={icon} />
        </button>
      </Pressable>
      <Tooltip className="tooltip" offset={8} UNSTABLE_portalContainer={document.getElementById(TOOLTIPS) ?? document.body}>
        {label}
      </Tooltip>
    </TooltipTrigger>
  );
}
