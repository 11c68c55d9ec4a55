import { useEffect, useState } from "react";
import { UNNAMED, plainName, plainType, shownAs } from "../../files/kinds";
import type { Chosen } from "../../files/trays";
import { sizeText } from "../../i18n/format";
import { useApp, useStore } from "../app/context";
import { IconButton } from "../parts/button";
import { Icon } from "../parts/icons";
import { Toggle } from "../parts/toggle";

/** Files that are about to be sent with what one writes. */
export function FileTray({ roomId }: { readonly roomId: string }) {
  const { client, files, t } = useApp();
  const store = files.trays.of(roomId);
  const { chosen, maySave } = useStore(store);
  if (chosen.length === 0) return null;
  // Who can neither look at it here nor keep it has nothing of it.
  const useless = !maySave && chosen.some(({ file }) => shownAs(plainType(file.type), file.size) === "nothing");
  const remove = (id: string): void => {
    files.trays.takeOut(roomId, id);
    client.writings.resume(roomId);
  };
  return (
    <div className="file-tray" role="group" aria-label={t("files.tray")}>
      <ul>
        {chosen.map(({ id, file }) => (
          <TrayFile key={id} file={file} onRemove={() => remove(id)} />
        ))}
      </ul>
      <Toggle
        on={maySave}
        onChange={(maySave) => {
          store.update((tray) => ({ ...tray, maySave }));
        }}
      >
        {t("files.may_save")}
      </Toggle>
      {useless && <p className="file-size">{t("files.useless")}</p>}
    </div>
  );
}

function TrayFile({ file, onRemove }: { readonly file: Chosen["file"]; readonly onRemove: () => void }) {
  const { t } = useApp();
  // As the others will see it: a name that hides what the file is must not fool its sender either.
  const name = plainName(file.name, UNNAMED);
  return (
    <li className="tray-file">
      <TrayPicture file={file} />
      <span className="tray-about">
        <bdi className="file-name" title={name}>
          {name}
        </bdi>
        <span className="file-size">{sizeText(t.locale, file.size)}</span>
      </span>
      <IconButton icon="close" label={t("files.remove", { name })} onClick={onRemove} />
    </li>
  );
}

function TrayPicture({ file }: { readonly file: Chosen["file"] }) {
  const [url, setUrl] = useState<string | null>(null);
  const [broken, setBroken] = useState(false);
  const isPicture = shownAs(plainType(file.type), file.size) === "picture";
  useEffect(() => {
    if (!isPicture) return undefined;
    const made = URL.createObjectURL(file);
    // oxlint-disable-next-line react/set-state-in-effect -- the address must end with the view
    setUrl(made);
    return () => {
      URL.revokeObjectURL(made);
    };
  }, [file, isPicture]);
  return <span className="tray-mark">{url === null || broken ? <Icon name="file" /> : <img src={url} alt="" onError={() => setBroken(true)} />}</span>;
}
