import { panned, type TimeRange, zoomed } from "../state/trend-board.ts";

const WHEEL_ZOOM = 1.2;
const KEY_SHARE = 0.2;
/** Shorter is a click. */
const LEAST_BOX_PX = 6;

export interface GestureDeps {
  readonly range: () => TimeRange;
  readonly set: (range: TimeRange) => void;
  /** Back to now. */
  readonly follow: () => void;
}

interface Touch {
  readonly x: number;
}

/** What a key does to the range, or undefined where it is not one of these keys. */
export function keyRange(key: string, range: TimeRange): TimeRange | undefined {
  const middle = (range.fromS + range.toS) / 2;
  switch (key) {
    case "ArrowLeft":
      return panned(range, -KEY_SHARE);
    case "ArrowRight":
      return panned(range, KEY_SHARE);
    case "PageUp":
      return panned(range, -1);
    case "PageDown":
      return panned(range, 1);
    case "+":
    case "=":
      return zoomed(range, 1 / 1.5, middle);
    case "-":
      return zoomed(range, 1.5, middle);
    default:
      return undefined;
  }
}

/** Two fingers that were at `from` and are at `to`: the moments beneath them stay beneath them.
 *  @param from, to shares 0..1 of the plot's width */
export function pinched(
  { fromS, toS }: TimeRange,
  from: readonly [number, number],
  to: readonly [number, number],
): TimeRange {
  const span = toS - fromS;
  const apart = to[1] - to[0];
  const factor = Math.abs(apart) < 0.02 ? 1 : (from[1] - from[0]) / apart;
  const spanAfter = span * Math.min(20, Math.max(0.05, Math.abs(factor)));
  const held = fromS + span * from[0];
  const start = held - spanAfter * to[0];
  return { fromS: start, toS: start + spanAfter };
}

/** Drag moves, shift and drag or a pinch chooses a stretch, the wheel zooms, shift and wheel moves. Works on all charts
 *  of one page, as they show the same time.
 *  @returns ends it */
export function listenToGestures(plot: HTMLElement, { range, set, follow }: GestureDeps): () => void {
  const abort = new AbortController();
  const { signal } = abort;
  const touches = new Map<number, Touch>();
  let start: { readonly range: TimeRange; readonly at: readonly number[] } | undefined;
  let box: HTMLElement | undefined;

  const shareOf = (x: number): number => {
    const { left, width } = plot.getBoundingClientRect();
    return (x - left) / Math.max(1, width);
  };
  const shares = (): readonly number[] => [...touches.values()].map(({ x }) => shareOf(x));
  const begin = (): void => {
    start = { range: range(), at: shares() };
  };
  const endBox = (): void => {
    box?.remove();
    box = undefined;
  };

  const move = (): void => {
    if (start === undefined) return;
    const now = shares();
    const [first = 0, second] = now;
    const [from = 0, fromSecond] = start.at;
    if (box !== undefined) {
      box.style.left = `${Math.min(first, from) * 100}%`;
      box.style.width = `${Math.abs(first - from) * 100}%`;
    } else if (second !== undefined && fromSecond !== undefined) {
      set(pinched(start.range, [from, fromSecond], [first, second]));
    } else set(panned(start.range, from - first));
  };

  plot.addEventListener(
    "pointerdown",
    (event) => {
      if (event.button !== 0) return;
      plot.setPointerCapture(event.pointerId);
      touches.set(event.pointerId, { x: event.clientX });
      begin();
      if (!event.shiftKey || touches.size > 1) return endBox();
      box = document.createElement("div");
      box.className = "trend-box";
      plot.append(box);
    },
    { signal },
  );
  plot.addEventListener(
    "pointermove",
    (event) => {
      if (!touches.has(event.pointerId)) return;
      touches.set(event.pointerId, { x: event.clientX });
      move();
    },
    { signal },
  );
  const lift = (event: PointerEvent): void => {
    if (!touches.has(event.pointerId)) return;
    const end = shareOf(event.clientX);
    touches.delete(event.pointerId);
    const from = start?.at[0] ?? 0;
    if (box !== undefined && start !== undefined && event.type === "pointerup") {
      const { fromS, toS } = start.range;
      const at = (share: number): number => fromS + (toS - fromS) * share;
      const isWide = Math.abs(end - from) * plot.clientWidth >= LEAST_BOX_PX;
      if (isWide) set({ fromS: at(Math.min(from, end)), toS: at(Math.max(from, end)) });
    }
    endBox();
    if (touches.size > 0) begin();
    else start = undefined;
  };
  plot.addEventListener("pointerup", lift, { signal });
  plot.addEventListener("pointercancel", lift, { signal });
  plot.addEventListener("dblclick", follow, { signal });
  plot.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const step = event.deltaY === 0 ? event.deltaX : event.deltaY;
      if (step === 0) return;
      const { fromS, toS } = range();
      if (event.shiftKey || event.deltaY === 0) set(panned({ fromS, toS }, step > 0 ? 0.1 : -0.1));
      else {
        const at = fromS + (toS - fromS) * shareOf(event.clientX);
        set(zoomed({ fromS, toS }, step > 0 ? WHEEL_ZOOM : 1 / WHEEL_ZOOM, at));
      }
    },
    { signal, passive: false },
  );
  return () => {
    endBox();
    abort.abort();
  };
}
