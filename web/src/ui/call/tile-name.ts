import type { Tile } from "../../state/tiles";
import { useApp } from "../app/context";

/** How a tile is called: by the person, and what it shows. */
export function useTileName({ participant, kind }: Tile): string {
  const { t } = useApp();
  const { name } = participant.person;
  if (kind === "screen") return t("call.sharing", { name });
  if (participant.this_device) return t("call.own", { name });
  return participant.own_other_device ? t("call.own_device", { name }) : name;
}
