import { useEffect, useRef, useState } from "react";
import type { GuestView } from "../../core/generated/GuestView";
import type { Failure } from "../../state/core";
import { useApp } from "../app/context";
import { useTitle } from "../app/title";
import { DeviceChoices } from "../call/device-choices";
import { Preview } from "../call/prejoin";
import { Problems } from "../call/problems";
import { useMedia } from "../call/use-media";
import { Button } from "../parts/button";
import { Icon } from "../parts/icons";
import { FailureText } from "../parts/messages";

interface Props {
  readonly guest: GuestView;
  readonly onLeave: () => void;
}

/** Before a guest is let in: how one will look and sound, then the wait. Nothing of the meeting shows here. */
export function GuestDoor({ guest, onLeave }: Props) {
  const { client, media, t } = useApp();
  const [asking, setAsking] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const unusable = useMedia().problems.some((problem) => problem.code === "no_encoded_transforms");
  const entering = useRef(false);
  useTitle(t(asking ? "guest.waiting" : "prejoin.title"));
  useEffect(() => {
    void media.prepare();
    return () => {
      if (!entering.current && client.call.get() === null) media.close();
    };
  }, [client, media]);

  const ask = async (): Promise<void> => {
    entering.current = true;
    setAsking(true);
    setFailure(null);
    const failed = await media.join(guest.room_id);
    setAsking(false);
    setFailure(failed);
    if (failed) entering.current = false;
  };

  return (
    <main className="prejoin" id="content" tabIndex={-1}>
      <div className="prejoin-columns">
        <Preview />
        <div className="prejoin-side">
          <h1>{t(asking ? "guest.waiting" : "prejoin.title")}</h1>
          <p className="lead">{t("guest.invited", { name: guest.invited_by })}</p>
          <div role="status">{asking && <Waiting guest={guest} />}</div>
          {asking ? (
            <Button icon="leave" className="wide" onClick={onLeave}>
              {t("guest.leave")}
            </Button>
          ) : (
            <Button
              look="primary"
              className="wide join-button"
              aria-disabled={unusable}
              onClick={() => {
                if (!unusable) void ask();
              }}
            >
              {t("prejoin.join")}
            </Button>
          )}
          <FailureText failure={failure} />
          <Problems />
          <DeviceChoices />
          <p className="assurance">
            <Icon name="shield" />
            {t("guest.encryption")}
          </p>
        </div>
      </div>
    </main>
  );
}

/** What the wait is for. */
function Waiting({ guest }: { readonly guest: GuestView }) {
  const { t } = useApp();
  const key = guest.door === "no_call" ? "guest.door.no_call" : guest.door === "admitted" ? "guest.door.admitted" : "guest.door.waiting";
  return (
    <div className="loading">
      <span className="spinner" aria-hidden="true" />
      <p>{t(key, { name: guest.invited_by })}</p>
    </div>
  );
}
