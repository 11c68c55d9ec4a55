import { useEffect, useMemo, useRef, useState } from "react";
import { sealedFile } from "../../files/cards";
import type { ContactCard } from "../../core/generated/ContactCard";
import type { IdVideoCard } from "../../core/generated/IdVideoCard";
import type { Judgement } from "../../core/generated/Judgement";
import { wasWatched } from "../../state/watched";
import { useApp, useText } from "../app/context";
import { useDownload } from "../files/use-download";
import { Button } from "../parts/button";
import { ErrorText, FailureText, Loading, Note } from "../parts/messages";
import { KeyWords } from "./verify-in-person";

interface Props {
  readonly card: ContactCard;
  readonly onBack: () => void;
  readonly onJudge: (judgement: Judgement) => Promise<void>;
}

/** An ID video, the words that this device expects in it, and what one makes of both. */
export function WatchIdVideo({ card, onBack, onJudge }: Props) {
  const t = useText();
  const [watched, setWatched] = useState(false);
  const { person, video } = card;
  const { name } = person;
  return (
    <>
      <div className="dialog-body contact-card">
        {video ? <Video video={video} name={name} onWatched={() => setWatched(true)} /> : <p className="soft">{t("contact.video.none", { name })}</p>}
        {video && !video.of_key && <Note tone="warning">{t("contact.watch.other_key", { name })}</Note>}
        {video && (
          <section>
            <p>{t("contact.watch.words", { name })}</p>
            <KeyWords userId={person.user_id} fingerprint={person.fingerprint} recordedOn={video.recorded_on} />
            <p className="soft">{t("contact.watch.words_why", { name })}</p>
          </section>
        )}
        {video?.of_key && !watched && <p>{t("contact.watch.to_end", { name })}</p>}
      </div>
      <footer className="dialog-footer">
        <Button look="quiet" onClick={onBack}>
          {t("contact.back")}
        </Button>
        <Button look="danger" onClick={() => void onJudge("declined")}>
          {t("contact.decline")}
        </Button>
        <Button look="primary" disabled={!watched || video?.of_key !== true} onClick={() => void onJudge("video")}>
          {t("contact.watch.accept")}
        </Button>
      </footer>
    </>
  );
}

/** Gone, because there is a newer one; or not there for who asks. */
const REPLACED = new Set(["file_expired", "not_found"]);

function Video({ video, name, onWatched }: { readonly video: IdVideoCard; readonly name: string; readonly onWatched: () => void }) {
  const { files, t } = useApp();
  const sealed = useMemo(() => sealedFile(video.file), [video.file]);
  const { loading, start } = useDownload(files.source, sealed, video.file.media_type);
  useEffect(start, [start]);
  switch (loading.state) {
    case "idle":
    case "running":
      return (
        <div className="id-video-place">
          <Loading>{t("contact.watch.loading")}</Loading>
        </div>
      );
    case "failed":
      if (REPLACED.has(loading.failure.code)) return <Note tone="info">{t("contact.watch.replaced", { name })}</Note>;
      return (
        <>
          <FailureText failure={loading.failure} />
          <Button onClick={start}>{t("contact.retry")}</Button>
        </>
      );
    case "ready":
      return <Player url={loading.url} name={name} onWatched={onWatched} />;
  }
}

/** Plays from the beginning to the end, and tells when all of it was seen. There is no way to jump. */
function Player({ url, name, onWatched }: { readonly url: string; readonly name: string; readonly onWatched: () => void }) {
  const t = useText();
  const element = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<"still" | "playing" | "ended" | "broken">("still");
  const play = (): void => {
    void element.current?.play().catch(() => setState("broken"));
  };
  if (state === "broken") return <ErrorText>{t("contact.watch.unplayable")}</ErrorText>;
  return (
    <div className="id-video-place">
      {/* oxlint-disable-next-line jsx-a11y/media-has-caption -- the words that are said stand below */}
      <video
        ref={element}
        className="id-video"
        src={url}
        playsInline
        preload="auto"
        aria-label={t("contact.watch.video", { name })}
        onPlaying={() => setState("playing")}
        onPause={() => setState("still")}
        onError={() => setState("broken")}
        onEnded={({ currentTarget }) => {
          setState("ended");
          if (wasWatched(currentTarget.played, currentTarget.currentTime)) onWatched();
        }}
      />
      {state !== "playing" && (
        <Button className="id-video-play" look="primary" icon="play" onClick={play}>
          {t(state === "ended" ? "contact.watch.again" : "contact.watch.play")}
        </Button>
      )}
    </div>
  );
}
