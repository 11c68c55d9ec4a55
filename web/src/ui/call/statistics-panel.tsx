import type { CallView } from "../../core/generated/CallView";
import { bitrateText } from "../../i18n/format";
import type { Translate } from "../../i18n/translate";
import type { Statistics, TrackStatistics } from "../../state/statistics";
import { useApp } from "../app/context";
import { Button } from "../parts/button";
import { Panel } from "../parts/panel";
import { QualityBars } from "./quality-bars";

interface Props {
  readonly call: CallView;
  readonly statistics: Statistics | null;
  readonly onClose: () => void;
}

interface Line {
  readonly name: string;
  readonly value: string;
}

interface Section {
  readonly title: string;
  readonly lines: readonly Line[];
}

/** What is measured of the call: first in words, then in numbers, which can be copied for whoever helps. */
export function StatisticsPanel({ call, statistics, onClose }: Props) {
  const { t } = useApp();
  return (
    <Panel title={t("statistics.title")} onClose={onClose}>
      {statistics ? <Measured call={call} statistics={statistics} /> : <p>{t("statistics.waiting")}</p>}
    </Panel>
  );
}

function Measured({ call, statistics }: { readonly call: CallView; readonly statistics: Statistics }) {
  const { client, t } = useApp();
  const words = wordsOf(t, statistics);
  const sections = sectionsOf(t, call, statistics);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(asText([t(`quality.${statistics.quality}`), ...words], sections));
      client.board.notify("status", (to) => to("statistics.copied"));
    } catch {
      client.board.notify("alert", (to) => to("statistics.not_copied"));
    }
  };
  return (
    <>
      <p className="statistics-verdict">
        <QualityBars quality={statistics.quality} words />
      </p>
      {words.map((text) => (
        <p key={text}>{text}</p>
      ))}
      {sections.map(({ title, lines }) => (
        <section key={title}>
          <h3>{title}</h3>
          <dl className="facts statistics">
            {lines.map(({ name, value }) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <Button icon="data" onClick={() => void copy()}>
        {t("statistics.copy")}
      </Button>
    </>
  );
}

/** What is the matter, and what one can do about it. */
function wordsOf(t: Translate, { quality, way, sent }: Statistics): string[] {
  const limits = new Set(sent.flatMap(({ limitation }) => limitation ?? []));
  return [
    t(`statistics.verdict.${quality}`),
    ...(way && way !== "udp" ? [t(`statistics.way.${way}.text`)] : []),
    ...[...limits].map((limitation) => t(`statistics.limited.${limitation}`)),
  ];
}

function sectionsOf(t: Translate, call: CallView, statistics: Statistics): Section[] {
  const { way, roundTripMs, up, down, lossUp, lossDown, jitterMs, estimateUp, sent, received } = statistics;
  const nameOf = (leaf: number | null): string => call.participants.find((each) => each.leaf === leaf)?.person.name ?? t("statistics.somebody");
  const trackLines = (track: TrackStatistics): Line[] =>
    known([
      track.paused ? line(t("statistics.state"), t("statistics.paused")) : null,
      line(t("statistics.bitrate"), bitrateText(t.locale, track.bitrate)),
      line(t("statistics.codec"), track.codec),
      line(t("statistics.picture"), pictureText(t, track)),
      line(t("statistics.loss"), percent(t, track.loss)),
      line(t("statistics.jitter"), milliseconds(t, track.jitterMs)),
      line(t("statistics.limitation"), track.limitation && t(`statistics.limitation.${track.limitation}`)),
    ]);
  return [
    {
      title: t("statistics.connection"),
      lines: known([
        line(t("statistics.way"), way && t(`statistics.way.${way}`)),
        line(t("statistics.round_trip"), milliseconds(t, roundTripMs)),
        line(t("statistics.up"), bitrateText(t.locale, up)),
        line(t("statistics.down"), bitrateText(t.locale, down)),
        line(t("statistics.loss_up"), percent(t, lossUp)),
        line(t("statistics.loss_down"), percent(t, lossDown)),
        line(t("statistics.jitter"), milliseconds(t, jitterMs)),
        line(t("statistics.estimate_up"), estimateUp === null ? null : bitrateText(t.locale, estimateUp)),
      ]),
    },
    ...sent.map((track) => ({ title: t(`statistics.sent.${track.kind}`), lines: trackLines(track) })),
    ...received
      .filter((track) => track.bitrate > 0 || track.paused)
      .map((track) => ({ title: t(`statistics.received.${track.kind}`, { name: nameOf(track.leaf) }), lines: trackLines(track) })),
  ];
}

function known(lines: readonly (Line | null)[]): Line[] {
  return lines.filter((each) => each !== null);
}

function line(name: string, value: string | null): Line | null {
  return value === null ? null : { name, value };
}

function pictureText(t: Translate, { width, height, framesPerSecond }: TrackStatistics): string | null {
  if (width === null || height === null) return null;
  return t("statistics.picture.value", { size: `${String(width)} × ${String(height)}`, frames: String(Math.round(framesPerSecond ?? 0)) });
}

function percent(t: Translate, share: number | null): string | null {
  return share === null ? null : new Intl.NumberFormat(t.locale, { style: "percent", maximumFractionDigits: 1 }).format(share);
}

function milliseconds(t: Translate, ms: number | null): string | null {
  return ms === null ? null : t("statistics.ms", { ms: String(Math.round(ms)) });
}

function asText(words: readonly string[], sections: readonly Section[]): string {
  const of = ({ title, lines }: Section): string => [title, ...lines.map(({ name, value }) => `  ${name}: ${value}`)].join("\n");
  return [...words, ...sections.map(of)].join("\n");
}
