import type { Tile } from "../../state/tiles";
import { EMOJI } from "../../state/reactions";
import { useApp, useStore } from "../app/context";
import { Avatar } from "../parts/avatar";
import { Icon } from "../parts/icons";
import { GuestBadge } from "../parts/guest-badge";
import { TrustBadge } from "../parts/trust";
import { PinButton } from "./pin-button";
import { QualityBars } from "./quality-bars";
import { useTileName } from "./tile-name";
import { useQuality } from "./use-statistics";
import { Video } from "./video";

const STATE_TEXT = {
  "waiting-for-key": "call.media.waiting_for_key",
  connecting: "call.media.connecting",
  paused: "call.media.paused",
  off: "call.media.off",
} as const;

interface Props {
  readonly tile: Tile;
  /** It has the stage because the person pinned it. */
  readonly pinned?: boolean;
  /** Pins it, or lets go of it; without this it cannot be pinned. */
  readonly onPin?: (tile: Tile) => void;
  /** Out of sight it needs no picture. */
  readonly seen?: boolean;
}

/** A participant in the call: picture or initials, name, microphone, hand, speaking, trust. */
export function CallTile({ tile, pinned = false, onPin, seen = true }: Props) {
  const { t } = useApp();
  const { participant, kind, state, stream } = tile;
  const name = useTileName(tile);
  const quality = useQuality(participant.leaf);
  const { person } = participant;
  const classes = ["tile", `tile-${kind}`, tile.speaking ? "tile-speaking" : "", participant.away ? "tile-away" : ""];
  return (
    <div role="group" aria-label={name} className={classes.join(" ")} data-media={participant.this_device ? undefined : state}>
      {/* The element stays while the picture comes and goes, so that it starts without a flash. */}
      {seen && <Video stream={stream} mirrored={participant.this_device} />}
      {state !== "live" && (
        <div className="tile-cover">
          {kind === "camera" && <Avatar id={person.user_id} name={person.name} size="large" />}
          {state !== "off" && (
            <p className="tile-state">
              {state === "connecting" && <span className="spinner" aria-hidden="true" />}
              {state === "waiting-for-key" && <Icon name="lock" size={16} />}
              {state === "paused" && <Icon name="offline" size={16} />}
              <span>{t(STATE_TEXT[state])}</span>
            </p>
          )}
        </div>
      )}
      <div className="tile-foot">
        {kind === "camera" && <MicrophoneState on={participant.microphone} speaking={tile.speaking} />}
        <span className="tile-name">{name}</span>
        {person.guest && <GuestBadge />}
        {kind === "camera" && quality && <QualityBars quality={quality} />}
        {!participant.this_device && <TrustBadge trust={person.trust} guest={person.guest} words={false} />}
      </div>
      <div className="tile-badges">
        {pinned && (
          <span className="tile-badge">
            <Icon name="pin" size={18} />
            <span>{t("call.pinned")}</span>
          </span>
        )}
        {tile.spotlit && (
          <span className="tile-badge">
            <Icon name="spotlight" size={18} />
            <span>{t("call.spotlit")}</span>
          </span>
        )}
        {kind === "camera" && participant.hand && (
          <span className="tile-badge tile-badge-hand">
            <Icon name="hand" size={18} />
            <span>{t("call.hand")}</span>
            {participant.hand_place !== null && <b>{participant.hand_place}</b>}
          </span>
        )}
        {participant.away && (
          <span className="tile-badge">
            <Icon name="offline" size={18} />
            <span>{t("call.away")}</span>
          </span>
        )}
      </div>
      {kind === "camera" && <TileReaction leaf={participant.leaf} />}
      {onPin && <PinButton tile={tile} pinned={pinned} onPin={onPin} />}
    </div>
  );
}

/** What the participant gave a moment ago. It is announced apart from here, batched. */
function TileReaction({ leaf }: { readonly leaf: number }) {
  const { client, t } = useApp();
  const shown = useStore(client.reactions.shown).get(leaf);
  if (!shown) return null;
  return (
    <span key={shown.id} className="tile-reaction" role="img" aria-label={t(`reaction.${shown.reaction}`)}>
      {EMOJI[shown.reaction]}
    </span>
  );
}

/** Speaking shows as moving bars beside the ring, so that it is not colour alone. */
function MicrophoneState({ on, speaking }: { readonly on: boolean; readonly speaking: boolean }) {
  const { t } = useApp();
  if (speaking && on) {
    return (
      <span className="speaking-bars">
        <span aria-hidden="true" />
        <span aria-hidden="true" />
        <span aria-hidden="true" />
        <span className="visually-hidden">{t("call.speaking")}</span>
      </span>
    );
  }
  return (
    <span className={on ? "mic-state" : "mic-state mic-state-off"}>
      <Icon name={on ? "microphone" : "microphone_off"} size={16} />
      <span className="visually-hidden">{t(on ? "call.unmuted" : "call.muted")}</span>
    </span>
  );
}
