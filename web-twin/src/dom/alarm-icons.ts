import type { Priority } from "@stethos/edge-agent/core";
import type { Icon } from "../scene/look.ts";
import type { AlarmFace } from "../state/alarm-order.ts";

const DIAMOND = "M12 .8L23.2 12L12 23.2L.8 12z";

/** Told apart by shape alone. */
export const PRIORITY_ICONS: Readonly<Record<Priority, Icon>> = {
  critical: { solid: DIAMOND, lines: "M9.6 7v6M9.6 16.4v.4M14.4 7v6M14.4 16.4v.4" },
  high: { solid: DIAMOND, lines: "M12 6.5v7M12 16.8v.4" },
  medium: { solid: "M12 2.5L23 21.5H1z", lines: "M12 9v6M12 18.2v.4" },
  low: { solid: "M12 2.5a9.5 9.5 0 1 1 0 19a9.5 9.5 0 0 1 0-19z", lines: "M12 11v6M12 7.2v.3" },
};

const CIRCLE = "M12 3a9 9 0 1 1 0 18a9 9 0 0 1 0-18z";

export const FACE_ICONS: Readonly<Record<AlarmFace, Icon>> = {
  "unacknowledged-active": { lines: "M6 17v-6a6 6 0 0 1 12 0v6l1.5 1.5h-15zM10.5 21.5h3" },
  "acknowledged-active": { lines: `${CIRCLE}M8 12.2l2.8 2.8L16 9.5` },
  "unacknowledged-cleared": { lines: "M8 19h6a5 5 0 0 0 0-10H4M8.5 4.5L4 9l4.5 4.5" },
  shelved: { lines: `${CIRCLE}M12 7v5l3.5 2.2` },
  suppressed: { lines: "M4 4h16v16H4zM9 9l6 6M15 9l-6 6" },
  "suppressed-by-design": { lines: `${CIRCLE}M5.7 5.7l12.6 12.6` },
  "out-of-service": { lines: "M9 3v7M15 3v7M6 10h12v3a6 6 0 0 1-12 0zM12 19v3" },
  normal: { lines: "M6 12h12" },
};
