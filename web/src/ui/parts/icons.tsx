import type { ReactNode } from "react";

/** Line icons on a 24 × 24 field. Decoration: the control that holds one has its name in words. */
const PATHS = {
  microphone: (
    <>
      <rect x="9" y="3" width="6" height="11" rx="3" />
      <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
    </>
  ),
  microphone_off: (
    <>
      <path d="M9 9v2a3 3 0 0 0 4.6 2.5M15 10.5V6a3 3 0 0 0-5.8-1M5.5 11.5a6.5 6.5 0 0 0 10.3 5.3M18.5 11.5a6.4 6.4 0 0 1-.6 2.7M12 18v3M4 4l16 16" />
    </>
  ),
  camera: (
    <>
      <rect x="3" y="6.5" width="12" height="11" rx="2.5" />
      <path d="m15 11 6-3.5v9L15 13" />
    </>
  ),
  camera_off: (
    <>
      <path d="M10 6.5h2.5A2.5 2.5 0 0 1 15 9v2l6-3.5v9l-3.2-1.9M15 15.2a2.5 2.5 0 0 1-2.5 2.3h-7A2.5 2.5 0 0 1 3 15V9a2.5 2.5 0 0 1 2.4-2.5M4 4l16 16" />
    </>
  ),
  screen: (
    <>
      <rect x="3" y="4.5" width="18" height="12" rx="2" />
      <path d="M8.5 20h7M12 13.5v-5M9.5 10.5 12 8l2.5 2.5" />
    </>
  ),
  screen_stop: (
    <>
      <rect x="3" y="4.5" width="18" height="12" rx="2" />
      <path d="M8.5 20h7M10 8.5l4 4M14 8.5l-4 4" />
    </>
  ),
  hand: (
    <path d="M8 12.5V6.2a1.4 1.4 0 0 1 2.8 0M10.8 11V4.9a1.4 1.4 0 0 1 2.8 0V11M13.6 6.3a1.4 1.4 0 0 1 2.8 0V12M16.4 9.2a1.4 1.4 0 0 1 2.8 0V14a7 7 0 0 1-7 7c-2.6 0-4-1-5.3-2.9L4.4 14a1.5 1.5 0 0 1 2.4-1.8L8 13.7" />
  ),
  chat: <path d="M4.5 5.5h15a1.5 1.5 0 0 1 1.5 1.5v8.5a1.5 1.5 0 0 1-1.5 1.5H12l-4.5 3.5V17h-3A1.5 1.5 0 0 1 3 15.5V7a1.5 1.5 0 0 1 1.5-1.5ZM7.5 9.7h9M7.5 12.8h5.5" />,
  reaction: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M8.2 13.6a4.2 4.2 0 0 0 7.6 0M9 9.6v.1M15 9.6v.1" />
    </>
  ),
  people: (
    <>
      <circle cx="9" cy="8" r="3.5" />
      <path d="M2.5 19.5a6.5 6.5 0 0 1 13 0M15.5 4.8a3.5 3.5 0 0 1 0 6.4M17.5 14a6.5 6.5 0 0 1 4 5.5" />
    </>
  ),
  leave: <path d="M3.4 14.6c4.8-4.6 12.4-4.6 17.2 0 .5.5.5 1.2.1 1.7l-1.3 1.5c-.4.5-1.1.6-1.6.3L15 16.3a1.2 1.2 0 0 1-.6-1v-1.6a10.5 10.5 0 0 0-4.8 0v1.6a1.2 1.2 0 0 1-.6 1l-2.8 1.8c-.5.3-1.2.2-1.6-.3l-1.3-1.5c-.4-.5-.4-1.2.1-1.7Z" />,
  phone: (
    <path d="M5 4h3.2l1.6 4.3-2 1.5a12 12 0 0 0 5.9 5.9l1.5-2 4.3 1.6v3.2c0 .8-.7 1.5-1.5 1.5A15.5 15.5 0 0 1 3.5 5.5C3.5 4.7 4.2 4 5 4Z" />
  ),
  shield: <path d="M12 3 5 5.8v5.4c0 4.4 2.9 8 7 9.8 4.1-1.8 7-5.4 7-9.8V5.8L12 3Z" />,
  shield_check: (
    <>
      <path d="M12 3 5 5.8v5.4c0 4.4 2.9 8 7 9.8 4.1-1.8 7-5.4 7-9.8V5.8L12 3Z" />
      <path d="m9 11.8 2.2 2.2 4-4.2" />
    </>
  ),
  shield_alert: (
    <>
      <path d="M12 3 5 5.8v5.4c0 4.4 2.9 8 7 9.8 4.1-1.8 7-5.4 7-9.8V5.8L12 3Z" />
      <path d="M12 8.2v4.3M12 15.5v.1" />
    </>
  ),
  lock: (
    <>
      <rect x="5" y="10.5" width="14" height="10" rx="2.5" />
      <path d="M8.5 10.5V7.5a3.5 3.5 0 0 1 7 0v3" />
    </>
  ),
  unlock: (
    <>
      <rect x="5" y="10.5" width="14" height="9" rx="2" />
      <path d="M8 10.5V7.8a4 4 0 0 1 7.6-1.7" />
    </>
  ),
  statistics: <path d="M4.5 19.5h15M7 16v-4M12 16V6.5M17 16v-7" />,
  send: <path d="M4.5 12 3.5 4.7 21 12 3.5 19.3 4.5 12Zm0 0H12" />,
  plus: <path d="M12 5v14M5 12h14" />,
  minus: <path d="M5 12h14" />,
  pencil: <path d="M14.5 5.5 18.5 9.5M4 20l1-4.5L16 4.6a1.9 1.9 0 0 1 2.7 0l.7.7a1.9 1.9 0 0 1 0 2.7L8.5 19 4 20Z" />,
  search: <path d="M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13ZM15.3 15.3 20 20" />,
  muted: <path d="M6.5 16.5V11a5.5 5.5 0 0 1 8.9-4.3M17.5 10.5V16l1.5 1.8H7M10 20.5h4M4 4l16 16" />,
  close: <path d="M6 6l12 12M18 6 6 18" />,
  check: <path d="m5 12.5 4.5 4.5L19 7.5" />,
  checks: <path d="m2.5 12.5 4 4 8.5-9M11 15.5l1 1 9.5-9.5" />,
  copy: (
    <>
      <rect x="9" y="9" width="11" height="11" rx="2" />
      <path d="M15 9V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v7a2 2 0 0 0 2 2h3" />
    </>
  ),
  attach: <path d="m19.5 11.5-7.6 7.6a5 5 0 0 1-7-7l8-8a3.3 3.3 0 0 1 4.7 4.7l-8 8a1.7 1.7 0 0 1-2.4-2.4l7.3-7.3" />,
  file: (
    <>
      <path d="M6.5 3.5h7l5 5v10a2 2 0 0 1-2 2h-10a2 2 0 0 1-2-2v-13a2 2 0 0 1 2-2Z" />
      <path d="M13.5 3.5v5h5" />
    </>
  ),
  save: <path d="M12 4v11M7.5 10.8 12 15.3l4.5-4.5M5 19.5h14" />,
  play: <path d="M8 5.5v13l10.5-6.5L8 5.5Z" />,
  pause: <path d="M8.5 5.5v13M15.5 5.5v13" strokeWidth="2.5" />,
  stop: <rect x="6.5" y="6.5" width="11" height="11" rx="2" />,
  trash: <path d="M5 7h14M10 7V4.5h4V7M7 7l.8 12a1.5 1.5 0 0 0 1.5 1.5h5.4a1.5 1.5 0 0 0 1.5-1.5L17 7M10.3 10.5v6.5M13.7 10.5v6.5" />,
  link: <path d="M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1" />,
  circle: <circle cx="12" cy="12" r="8.5" />,
  clock: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 7.5V12l3 2" />
    </>
  ),
  blocked: <path d="M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17ZM6 6l12 12" />,
  alert: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 8v4.5M12 15.7v.1" />
    </>
  ),
  info: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 11.5V16M12 8.2v.1" />
    </>
  ),
  back: <path d="M15 5l-7 7 7 7" />,
  next: <path d="M9 5l7 7-7 7" />,
  down: <path d="M5 9.5l7 7 7-7" />,
  details: (
    <>
      <rect x="3.5" y="4.5" width="17" height="15" rx="2.5" />
      <path d="M14.5 4.5v15" />
    </>
  ),
  devices: (
    <>
      <path d="M4 16V7a2 2 0 0 1 2-2h11a2 2 0 0 1 2 2v1M2.5 19H13M16.5 11h4a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-4a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1Z" />
    </>
  ),
  person: (
    <>
      <circle cx="12" cy="8" r="4" />
      <path d="M4.5 20.5a7.5 7.5 0 0 1 15 0" />
    </>
  ),
  data: (
    <>
      <ellipse cx="12" cy="6" rx="7.5" ry="2.8" />
      <path d="M4.5 6v12c0 1.5 3.4 2.8 7.5 2.8s7.5-1.3 7.5-2.8V6M4.5 12c0 1.5 3.4 2.8 7.5 2.8s7.5-1.3 7.5-2.8" />
    </>
  ),
  settings: (
    <>
      <path d="M4 7h9M17 7h3M4 17h3M11 17h9" />
      <circle cx="15" cy="7" r="2.2" />
      <circle cx="9" cy="17" r="2.2" />
    </>
  ),
  sign_out: <path d="M14 4.5H7a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2h7M10.5 12H21M17.5 8.5 21 12l-3.5 3.5" />,
  eye: (
    <>
      <path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z" />
      <circle cx="12" cy="12" r="2.8" />
    </>
  ),
  eye_off: (
    <path d="M4 4l16 16M9.9 5.8c.7-.2 1.4-.3 2.1-.3 6 0 9.5 6.5 9.5 6.5a17 17 0 0 1-2.7 3.4M6.5 7.4A16 16 0 0 0 2.5 12S6 18.5 12 18.5c1.7 0 3.2-.5 4.5-1.2M10 10.2a2.8 2.8 0 0 0 3.9 3.9" />
  ),
  speaker: <path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5H4ZM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11" />,
  offline: <path d="M4 4l16 16M8.5 12.6a5.5 5.5 0 0 1 3.5-1.3M5.5 9.5a10 10 0 0 1 3.2-2M15 12.2l.6.5M12.5 6.7a10 10 0 0 1 6 2.8M12 17.5v.1" />,
  keyboard: (
    <>
      <rect x="2.5" y="6" width="19" height="12" rx="2.5" />
      <path d="M6.5 10h.1M10.2 10h.1M13.8 10h.1M17.5 10h.1M8 14h8" />
    </>
  ),
  reply: <path d="M9.5 6 4 11.5 9.5 17M4 11.5h9.5a6 6 0 0 1 6 6V19" />,
  forward: <path d="M14.5 6 20 11.5 14.5 17M20 11.5h-9.5a6 6 0 0 0-6 6V19" />,
  bookmark: <path d="M7 4h10a1 1 0 0 1 1 1v15l-6-4-6 4V5a1 1 0 0 1 1-1Z" />,
  flame: <path d="M12 3.5c.6 3.6 5.5 5.4 5.5 10.4a5.5 5.5 0 0 1-11 0c0-2.3 1.2-3.6 2.1-4.9.7 1.3 1.4 1.8 2.1 2C10.4 8.6 10.6 5.8 12 3.5Z" />,
  more: <path d="M5.5 12h.1M12 12h.1M18.5 12h.1" strokeWidth="3" />,
  corner: <path d="M9 4.5H4.5V9M15 19.5h4.5V15M4.5 4.5l6 6M19.5 19.5l-6-6" />,
  spotlight: <path d="m12 3.5 2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9L3.5 9.7l5.9-.8L12 3.5Z" />,
  pin: <path d="M9 3.5h6M10 3.5v6l-3 4h10l-3-4v-6M12 13.5v7" />,
  unpin: <path d="M9 3.5h6M14 3.5v6l3 4h-3M10 7v2.5l-3 4h6.5M12 13.5v7M4 4l16 16" />,
  layout: (
    <>
      <rect x="3.5" y="4.5" width="17" height="15" rx="2.5" />
      <path d="M3.5 14h17M10 14v5.5" />
    </>
  ),
  grid: (
    <>
      <rect x="4" y="4.5" width="7" height="6.5" rx="1.5" />
      <rect x="13" y="4.5" width="7" height="6.5" rx="1.5" />
      <rect x="4" y="13" width="7" height="6.5" rx="1.5" />
      <rect x="13" y="13" width="7" height="6.5" rx="1.5" />
    </>
  ),
  speaker_view: (
    <>
      <rect x="3" y="5" width="12" height="14" rx="2" />
      <path d="M18 6.5h3M18 12h3M18 17.5h3" />
    </>
  ),
  fit_width: <path d="M4 5v14M20 5v14M7.5 12h9M10 9.5 7.5 12l2.5 2.5M14 9.5l2.5 2.5-2.5 2.5" />,
  fit_page: (
    <>
      <rect x="5.5" y="3.5" width="13" height="17" rx="1.5" />
      <path d="M12 7.2v9.6M9.6 9.4 12 7l2.4 2.4M9.6 14.6 12 17l2.4-2.4" />
    </>
  ),
  full_screen: <path d="M4.5 9V4.5H9M15 4.5h4.5V9M19.5 15v4.5H15M9 19.5H4.5V15" />,
  full_screen_exit: <path d="M9 4.5V9H4.5M19.5 9H15V4.5M15 19.5V15h4.5M4.5 15H9v4.5" />,
  pip: (
    <>
      <path d="M20.5 11V7a2 2 0 0 0-2-2h-13a2 2 0 0 0-2 2v10a2 2 0 0 0 2 2H10" />
      <rect x="13" y="13.5" width="8" height="6" rx="1.5" />
    </>
  ),
} as const satisfies Record<string, ReactNode>;

export type IconName = keyof typeof PATHS;

/** An icon in the colour of the text around it. */
export function Icon({ name, size = 20 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {PATHS[name]}
    </svg>
  );
}
