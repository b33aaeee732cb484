import { expandLayout } from "@stethos/edge-agent/core";
import { syntheticLayout } from "../../../../edge-agent/src/core/layout/synthetic-layout.ts";
import { browserTimers } from "../../../../web-twin/src/platform.ts";
import type { Hover } from "../../../../web-twin/src/scene/hands.ts";
import type { TwinScene } from "../../../../web-twin/src/scene/scene-contract.ts";
import { createTwinScene } from "../../../../web-twin/src/scene/twin-scene.ts";
import { createStore, type Store } from "../../../../web-twin/src/state/store.ts";
import { syntheticPlant } from "./synthetic-plant.ts";
import { createSyntheticPoints, type SyntheticPoints } from "./synthetic-points.ts";

/** What tests and benches drive: the scene without agent, feed and panels. */
export interface SceneBench {
  readonly scene: TwinScene;
  readonly store: Store;
  readonly points: SyntheticPoints;
  readonly events: string[];
  hover: Hover | undefined;
}

declare global {
  interface Window {
    bench: SceneBench;
  }
}

const asked = new URLSearchParams(location.search);
const samples = asked.get("samples");
const host = document.querySelector<HTMLElement>("#host");
if (host === null) throw new Error("the page has no place for the scene");

host.tabIndex = 0;
const store = createStore((flush) => requestAnimationFrame(flush));
const points = createSyntheticPoints();
const events: string[] = [];
const scene = createTwinScene(host, {
  points,
  timers: browserTimers,
  nextFrame: (draw) => requestAnimationFrame(draw),
  isStill: () => matchMedia("(prefers-reduced-motion: reduce)").matches,
  pickedAsset(id) {
    events.push(`asset ${id}`);
    store.selectAsset(id);
  },
  pickedPoint(tag) {
    events.push(`point ${tag}`);
    store.selectPoint(tag);
  },
  hovered(hover) {
    window.bench.hover = hover;
  },
  visited: () => events.push("visited"),
  contextLost: () => events.push("lost"),
  contextBack: () => events.push("back"),
  firstFrame: () => events.push("first"),
  ...(samples === null ? {} : { samples: Number(samples) }),
});
window.bench = { scene, store, points, events, hover: undefined };
store.subscribe((view, changes) => scene.show(view, changes));
store.openPage("plant");
const count = Number(asked.get("points") ?? 2_000);
const isLarge = asked.get("plant") === "large";
const layout = expandLayout(isLarge ? syntheticLayout({ points: count }) : syntheticPlant(count));
points.setLayout(layout, asked.has("waiting") ? undefined : 0);
const alarms = Number(asked.get("alarms") ?? 0);
if (alarms > 0) points.shuffle(7, 0.01, alarms);
scene.every(asked.has("every"));
