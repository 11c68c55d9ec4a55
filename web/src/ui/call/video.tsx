import { useEffect, useRef } from "react";

interface Props {
  readonly stream: MediaStream | null;
  /** One's own camera is shown as in a mirror. */
  readonly mirrored?: boolean;
  readonly label?: string;
}

/** A picture without sound: what one hears comes from the media's own output. */
export function Video({ stream, mirrored = false, label }: Props) {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = element.current;
    if (!video) return;
    video.srcObject = stream;
    if (!stream) return;
    // Rejected when the element goes away while it starts; muted video is never blocked.
    video.play().catch(() => undefined);
    return () => {
      video.srcObject = null;
    };
  }, [stream]);
  return (
    <video
      ref={element}
      className={mirrored ? "video video-mirrored" : "video"}
      autoPlay
      playsInline
      muted
      disablePictureInPicture
      aria-label={label}
      aria-hidden={label === undefined ? true : undefined}
    />
  );
}
