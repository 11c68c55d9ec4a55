import { MIN_PASSWORD_LENGTH, type PasswordReport } from "../../state/password";
import { useText } from "../app/context";
import { Icon } from "../parts/icons";

const FILLED = { empty: 0, weak: 1, fair: 2, good: 3, strong: 4 } as const;

/** How good a password is, while it is typed: bars, words, and what is asked for (R13). */
export function PasswordMeter({ report }: { readonly report: PasswordReport }) {
  const t = useText();
  const filled = FILLED[report.strength];
  const guessable = report.strength !== "empty" && report.strength !== "weak";
  return (
    <div className="password-meter">
      <div
        role="meter"
        aria-label={t("password.strength")}
        aria-valuemin={0}
        aria-valuemax={4}
        aria-valuenow={filled}
        aria-valuetext={t(`password.strength.${report.strength}`)}
        className={`bars bars-${report.strength}`}
      >
        {[1, 2, 3, 4].map((bar) => (
          <span key={bar} className={bar <= filled ? "bar bar-filled" : "bar"} />
        ))}
      </div>
      <span className="bars-word">{t(`password.strength.${report.strength}`)}</span>
      <ul className="rules">
        <Rule met={report.longEnough}>{t("password.rule.length", { count: MIN_PASSWORD_LENGTH })}</Rule>
        <Rule met={guessable}>{t("password.rule.guessable")}</Rule>
      </ul>
      <p className="soft">{t("password.rule.mixed")}</p>
    </div>
  );
}

function Rule({ met, children }: { readonly met: boolean; readonly children: string }) {
  const t = useText();
  return (
    <li className={met ? "rule rule-met" : "rule"}>
      <Icon name={met ? "check" : "circle"} size={16} />
      {children}
      <span className="visually-hidden">: {t(met ? "password.rule.met" : "password.rule.unmet")}</span>
    </li>
  );
}
