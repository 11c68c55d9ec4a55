import type { MouseEvent, ReactNode } from "react";
import type { Asked } from "../../state/asks";
import { useApp } from "../app/context";
import { Button } from "../parts/button";
import { Icon } from "../parts/icons";
import { keepFocus } from "./keep-focus";
import { useMedia } from "./use-media";

/** What others asked of this device, below what else waits for an answer. To be muted interrupts: one believes to be heard, and is not. */
export function AskedOfMe({ children }: { readonly children?: ReactNode }) {
  const { asked } = useMedia();
  const muted = asked.find(({ ask }) => ask === "mute");
  const others = asked.filter(({ ask }) => ask !== "mute");
  return (
    <div className="problems asked-of-me">
      {children}
      <div role="alert">{muted && <Question asked={muted} />}</div>
      <div role="status">
        {others.map((each) => (
          <Question key={each.ask} asked={each} />
        ))}
      </div>
    </div>
  );
}

const ICONS = { mute: "microphone_off", unmute: "microphone", lower_hand: "hand" } as const;

function Question({ asked: { ask, by } }: { readonly asked: Asked }) {
  const { media, t } = useApp();
  const putAway = (event: MouseEvent): void => {
    keepFocus(event);
    media.putAway(ask);
  };
  return (
    <div className="problem asked">
      <Icon name={ICONS[ask]} />
      <div className="problem-text">
        <p>{t(`asked.${ask}`, { name: by })}</p>
        {ask === "unmute" && (
          <div className="asked-answers">
            <Button
              look="primary"
              onClick={(event) => {
                keepFocus(event);
                void media.setMicrophone(true);
              }}
            >
              {t("asked.unmute.yes")}
            </Button>
            <Button onClick={putAway}>{t("asked.unmute.no")}</Button>
          </div>
        )}
      </div>
      {ask !== "unmute" && (
        <button type="button" className="icon-button" aria-label={t("common.dismiss")} onClick={putAway}>
          <Icon name="close" size={18} />
        </button>
      )}
    </div>
  );
}
