import type { CallView } from "../../core/generated/CallView";
import { useApp } from "../app/context";
import { Panel } from "../parts/panel";
import { Roster } from "./roster";

/** Who holds the keys of the call, and the code by which people make sure of it. */
export function EncryptionPanel({ call, onClose }: { readonly call: CallView; readonly onClose: () => void }) {
  const { t } = useApp();
  return (
    <Panel title={t("encryption.title")} onClose={onClose}>
      <p>{t("encryption.lead")}</p>
      <section>
        <h3>{t("encryption.code")}</h3>
        {call.code_words.length === 0 ? <p>{t("encryption.waiting")}</p> : <Code call={call} />}
      </section>
      <section>
        <h3>{t("encryption.roster")}</h3>
        <p className="soft">{t("encryption.roster_hint")}</p>
        <Roster participants={call.participants} />
      </section>
      <section>
        <dl className="facts">
          <dt>{t("encryption.epoch")}</dt>
          <dd data-testid="call-epoch">{call.epoch}</dd>
          <dt>{t("encryption.suite")}</dt>
          <dd className="code">{call.suite}</dd>
          <dt>{t("encryption.media_suite")}</dt>
          <dd className="code">{call.media_suite}</dd>
          {call.constant_bitrate && (
            <>
              <dt>{t("encryption.voices")}</dt>
              <dd>{t("encryption.voices.constant")}</dd>
            </>
          )}
        </dl>
      </section>
    </Panel>
  );
}

function Code({ call }: { readonly call: CallView }) {
  const { t } = useApp();
  return (
    <>
      <p className="soft">{t("encryption.code_hint")}</p>
      <h4>{t("encryption.words")}</h4>
      <ol className="code-words">
        {call.code_words.map((word, index) => (
          // Words may repeat; their place is what they are.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index}>{word}</li>
        ))}
      </ol>
      <h4>{t("encryption.digits")}</h4>
      <p className="code-digits">{call.code_digits.join(" ")}</p>
    </>
  );
}
