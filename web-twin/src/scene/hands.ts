import { pointTag, unreachable } from "@stethos/edge-agent/core";
import type { SceneCamera } from "./camera.ts";
import { listenForControls } from "./controls.ts";
import type { DrawnPlant } from "./drawn-plant.ts";
import { type CameraMove, moveOf } from "./keys.ts";
import { strolled, turned, zoomed } from "./orbit.ts";
import type { Target } from "./pick.ts";

export interface Hover {
  readonly target: Target;
  /** Pixels of the host. */
  readonly x: number;
  readonly y: number;
}

/** What mouse, finger and keys do: they move the camera, point at things and choose them. */
export interface Hands {
  go(move: CameraMove): void;
  /** The camera goes to an asset. */
  approach(asset: number | undefined): void;
  targetAt(x: number, y: number): Target | undefined;
  /** An asset's id, a point's tag. */
  nameOf(target: Target): string | undefined;
  /** The camera moves: nobody aims at anything. */
  aside(): void;
  /** Tells again what the pointer rests on. */
  hoverAgain(): void;
  dispose(): void;
}

export interface HandsDeps {
  readonly camera: SceneCamera;
  readonly plant: () => DrawnPlant | undefined;
  readonly labelAt: (x: number, y: number) => number | undefined;
  readonly selectedAsset: () => string | undefined;
  readonly now: () => number;
  readonly isMoving: () => boolean;
  /** The camera stands elsewhere. */
  readonly moved: () => void;
  readonly pickedAsset: (id: string) => void;
  readonly pickedPoint: (tag: string) => void;
  readonly hovered: (hover: Hover | undefined) => void;
  /** A double tap: the camera goes there, and its details are not asked for. */
  readonly visited: () => void;
}

/** How far from a glyph one may aim, pixels. */
const REACH = { mouse: 12, touch: 24 } as const;

export function createHands(host: HTMLElement, deps: HandsDeps): Hands {
  const { camera } = deps;
  let hoverAt: { readonly x: number; readonly y: number } | undefined;
  /** What the last two taps met without a drag between them, the newest last. */
  let taps: readonly (Target | undefined)[] = [];

  const targetAt = (x: number, y: number, reach: number = REACH.mouse): Target | undefined => {
    const index = deps.labelAt(x, y);
    return index === undefined ? deps.plant()?.finder.find(x, y, reach) : { kind: "asset", index };
  };
  const nameOf = ({ kind, index }: Target): string | undefined => {
    const layout = deps.plant()?.layout;
    if (layout === undefined) return undefined;
    return kind === "point" ? pointTag(layout, index) : layout.layout.assets[index]?.id;
  };
  const pick = (target: Target | undefined): void => {
    const name = target === undefined ? undefined : nameOf(target);
    if (target === undefined || name === undefined) return;
    if (target.kind === "point") deps.pickedPoint(name);
    else deps.pickedAsset(name);
  };
  const hoverAgain = (): void => {
    const at = deps.isMoving() ? undefined : hoverAt;
    const target = at === undefined ? undefined : targetAt(at.x, at.y);
    host.style.cursor = target === undefined ? "grab" : "pointer";
    deps.hovered(at === undefined || target === undefined ? undefined : { target, ...at });
  };
  const approach = (a: number | undefined): void => {
    const plant = deps.plant();
    if (plant === undefined || a === undefined) return;
    camera.approach([...plant.layout.box.subarray(6 * a, 6 * a + 6)], deps.now());
    deps.moved();
  };
  const go = (move: CameraMove): void => {
    const pose = camera.pose();
    switch (move.kind) {
      case "fit":
        camera.fit();
        break;
      case "goto":
        approach(deps.plant()?.indexOf.get(deps.selectedAsset() ?? ""));
        return;
      case "zoom":
        camera.move(zoomed(pose, move.factor, camera.limits()));
        break;
      case "turn":
        camera.move(turned(pose, move.azimuthRad, move.polarRad));
        break;
      case "stroll":
        camera.move(strolled(pose, move.right, move.ahead));
        break;
      default:
        unreachable(move);
    }
    deps.moved();
  };

  const stopControls = listenForControls(host, {
    pose: camera.pose,
    lens: camera.lens,
    limits: camera.limits,
    move(pose) {
      taps = [];
      camera.move(pose);
      deps.moved();
    },
    tapped(x, y, isTouch) {
      const target = targetAt(x, y, isTouch ? REACH.touch : REACH.mouse);
      taps = [taps.at(-1), target];
      pick(target);
    },
    doubleTapped(x, y) {
      // Between the two taps the camera may have gone on its way: the first one was aimed at what was to be seen.
      const [first, second] = taps;
      const target = first ?? second ?? targetAt(x, y, REACH.touch);
      taps = [];
      if (target === undefined) return;
      if (target !== second) pick(target);
      deps.visited();
      approach(target.kind === "asset" ? target.index : deps.plant()?.layout.assetOf[target.index]);
    },
    hovered(at) {
      hoverAt = at;
      hoverAgain();
    },
  });
  const onKey = (event: KeyboardEvent): void => {
    const found = event.target === host ? moveOf(event, camera.lens().isFlat) : undefined;
    if (found === undefined) return;
    event.preventDefault();
    go(found);
  };
  host.addEventListener("keydown", onKey);

  return {
    go,
    approach,
    targetAt,
    nameOf,
    aside() {
      if (hoverAt !== undefined) deps.hovered(undefined);
    },
    hoverAgain,
    dispose() {
      stopControls();
      host.removeEventListener("keydown", onKey);
    },
  };
}
