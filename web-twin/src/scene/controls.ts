import type { Lens, Pose } from "./lens.ts";
import { dragged, type Limits, turned, zoomed } from "./orbit.ts";

/** What the controls know of the scene and do to it. */
export interface ControlsDeps {
  pose(): Pose;
  lens(): Lens;
  limits(): Limits;
  move(pose: Pose): void;
  /** A press that did not move: the middle of it, and whether a finger made it. */
  tapped(x: number, y: number, isTouch: boolean): void;
  doubleTapped(x: number, y: number): void;
  /** The pointer rests or moves without a button; undefined when it left. */
  hovered(at: { readonly x: number; readonly y: number } | undefined): void;
}

/** A pointer that moved less than this between down and up meant to choose, not to turn; pixels. */
const SLACK = 6;
/** A full turn takes a drag over so many pixels. */
const TURN_PX = 900;
/** One notch of a wheel makes things nearer by a tenth. */
const WHEEL_SHARE = 0.001;
const MOST_WHEEL = 0.3;

interface Spot {
  readonly x: number;
  readonly y: number;
}

interface Hand extends Spot {
  readonly startX: number;
  readonly startY: number;
  readonly isPan: boolean;
}

const middleOf = (a: Spot, b: Spot): Spot => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
const gap = (a: Spot, b: Spot): number => Math.max(1, Math.hypot(a.x - b.x, a.y - b.y));

/** Mouse: left turns, right (or shift) moves, the wheel zooms to what is under it. Touch: one finger turns, two move and
 *  zoom. Over a plan the left button or one finger moves.
 *  @returns stops listening */
export function listenForControls(host: HTMLElement, deps: ControlsDeps): () => void {
  const hands = new Map<number, Hand>();
  let wasMoved = false;
  const listening = new AbortController();
  const { signal } = listening;

  const spotOf = (event: { clientX: number; clientY: number }): Spot => {
    const box = host.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  const pan = (pose: Pose, from: Spot, to: Spot): Pose => {
    const lens = deps.lens();
    const a = lens.floor(from.x, from.y);
    const b = lens.floor(to.x, to.y);
    // Near the horizon the floor runs away from under the hand.
    if (a === undefined || b === undefined) return pose;
    const moved = dragged(pose, a, b);
    const far = Math.hypot(moved.x - pose.x, moved.z - pose.z);
    return far > pose.distance ? pose : moved;
  };

  const dragOne = (before: Hand, now: Spot): void => {
    const pose = deps.pose();
    if (before.isPan || deps.lens().isFlat) {
      deps.move(pan(pose, before, now));
      return;
    }
    const perPixel = (2 * Math.PI) / TURN_PX;
    deps.move(turned(pose, (before.x - now.x) * perPixel, (before.y - now.y) * perPixel));
  };

  const dragTwo = (before: Hand, now: Spot, other: Spot): void => {
    const from = middleOf(before, other);
    const to = middleOf(now, other);
    const around = deps.lens().floor(from.x, from.y);
    const nearer = zoomed(deps.pose(), gap(before, other) / gap(now, other), deps.limits(), around);
    deps.move(pan(nearer, from, to));
  };

  const down = (event: PointerEvent): void => {
    const spot = spotOf(event);
    if (hands.size === 0) wasMoved = false;
    else wasMoved = true;
    hands.set(event.pointerId, {
      ...spot,
      startX: spot.x,
      startY: spot.y,
      isPan: event.button !== 0 || event.shiftKey,
    });
    host.setPointerCapture(event.pointerId);
    deps.hovered(undefined);
  };

  const move = (event: PointerEvent): void => {
    const now = spotOf(event);
    const before = hands.get(event.pointerId);
    if (before === undefined) {
      if (event.pointerType !== "touch") deps.hovered(now);
      return;
    }
    if (!wasMoved && Math.hypot(now.x - before.startX, now.y - before.startY) <= SLACK) return;
    wasMoved = true;
    const other = [...hands].find(([id]) => id !== event.pointerId)?.[1];
    if (other === undefined) dragOne(before, now);
    else dragTwo(before, now, other);
    hands.set(event.pointerId, { ...before, ...now });
  };

  const up = (event: PointerEvent): void => {
    const hand = hands.get(event.pointerId);
    hands.delete(event.pointerId);
    if (hand === undefined || wasMoved || event.type === "pointercancel" || event.button !== 0) return;
    deps.tapped(hand.x, hand.y, event.pointerType === "touch");
  };

  const wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : event.deltaY * 40;
    const step = Math.min(MOST_WHEEL, Math.max(-MOST_WHEEL, lines * WHEEL_SHARE));
    const { x, y } = spotOf(event);
    deps.hovered(undefined);
    deps.move(zoomed(deps.pose(), Math.exp(step), deps.limits(), deps.lens().floor(x, y)));
  };

  host.addEventListener("pointerdown", down, { signal });
  host.addEventListener("pointermove", move, { signal });
  host.addEventListener("pointerup", up, { signal });
  host.addEventListener("pointercancel", up, { signal });
  host.addEventListener("pointerleave", () => deps.hovered(undefined), { signal });
  host.addEventListener("wheel", wheel, { signal, passive: false });
  host.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
  host.addEventListener(
    "dblclick",
    (event) => {
      const { x, y } = spotOf(event);
      deps.doubleTapped(x, y);
    },
    { signal },
  );
  return () => listening.abort();
}
