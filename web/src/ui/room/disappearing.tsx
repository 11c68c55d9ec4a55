import { useId, useState } from "react";
import type { RoomView } from "../../core/generated/RoomView";
import { spanText } from "../../i18n/format";
import type { Translate } from "../../i18n/translate";
import type { Failure } from "../../state/core";
import { BURN_CHOICES, TTL_CHOICES, withPresent } from "../../state/timers";
import { useApp } from "../app/context";
import { FailureText } from "../parts/messages";

/** How long the room's messages live: for who may choose it, and for the others in words. */
export function Disappearing({ room }: { readonly room: RoomView }) {
  const { t } = useApp();
  return (
    <>
      {room.may_set_timers ? (
        <>
          <p>{t("details.timers_text")}</p>
          <TimerChoices room={room} />
        </>
      ) : (
        <>
          <p>{lifeText(t, room)}</p>
          <p className="soft">{t("details.timers.moderator")}</p>
        </>
      )}
      <p className="soft">{t("timers.copies")}</p>
    </>
  );
}

interface Times {
  readonly ttl: number;
  readonly burn: number;
}

function TimerChoices({ room }: { readonly room: RoomView }) {
  const { client, t } = useApp();
  // What was chosen, until the room says so.
  const [chosen, setChosen] = useState<Times | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const { ttl, burn } = chosen ?? { ttl: room.ttl_ms, burn: room.burn_ms };
  const choose = async (times: Times): Promise<void> => {
    setChosen(times);
    setFailure(null);
    const outcome = await client.commands.setTimers(room.room_id, times.ttl, times.burn);
    setChosen(null);
    if (!outcome.ok) setFailure(outcome.failure);
  };
  return (
    <div className="timer-choices">
      <TimeSelect label={t("timers.after_sending")} choices={withPresent(ttl, TTL_CHOICES)} value={ttl} onChange={(ms) => void choose({ ttl: ms, burn })} />
      <TimeSelect label={t("timers.after_reading")} choices={withPresent(burn, BURN_CHOICES)} value={burn} onChange={(ms) => void choose({ ttl, burn: ms })} />
      <FailureText failure={failure} />
    </div>
  );
}

interface SelectProps {
  readonly label: string;
  readonly choices: readonly number[];
  /** 0: off. */
  readonly value: number;
  readonly onChange: (ms: number) => void;
}

function TimeSelect({ label, choices, value, onChange }: SelectProps) {
  const { t } = useApp();
  const id = useId();
  return (
    <div className="picker-line">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={(event) => {
          onChange(Number(event.target.value));
        }}
      >
        <option value={0}>{t("timers.off")}</option>
        {choices.map((ms) => (
          <option key={ms} value={ms}>
            {spanText(t.locale, ms)}
          </option>
        ))}
      </select>
    </div>
  );
}

function lifeText(t: Translate, { ttl_ms, burn_ms }: RoomView): string {
  const ttl = spanText(t.locale, ttl_ms);
  const burn = spanText(t.locale, burn_ms);
  if (ttl_ms > 0 && burn_ms > 0) return t("details.timers.both", { ttl, burn });
  if (ttl_ms > 0) return t("details.timers.ttl", { ttl });
  return burn_ms > 0 ? t("details.timers.burn", { burn }) : t("details.timers.none");
}
