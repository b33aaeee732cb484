import type { AlarmDto } from "@stethos/edge-agent/core";
import { pointTag } from "@stethos/edge-agent/core";
import { Scene } from "three";
import { isUnacknowledged } from "../state/alarm-order.ts";
import type { PointStore, PointsChange } from "../state/points.ts";
import type { Changes, View } from "../state/store.ts";
import type { Timers } from "../stream/timers.ts";
import { createAreaLabels } from "./area-labels.ts";
import { createBudget } from "./budget.ts";
import { createSceneCamera } from "./camera.ts";
import { listenForControls } from "./controls.ts";
import { type DrawnPlant, drawPlant } from "./drawn-plant.ts";
import { healthMarks, standOf } from "./health-marks.ts";
import { type CameraMove, CLOSER, FARTHER, moveOf } from "./keys.ts";
import { createLabels, type LabelText } from "./labels.ts";
import { createMaterials } from "./materials.ts";
import { strolled, turned, zoomed } from "./orbit.ts";
import { SCENE_COLOURS } from "./palette.ts";
import type { Target } from "./pick.ts";
import type { SceneProbe } from "./probe.ts";
import { createStage, type Layers, LEVELS, type Level } from "./stage.ts";

export interface Hover {
  readonly target: Target;
  /** Pixels of the host. */
  readonly x: number;
  readonly y: number;
}

export interface TwinSceneDeps {
  readonly points: PointStore;
  readonly timers: Timers;
  /** Runs a function before the next picture. */
  readonly nextFrame: (draw: () => void) => void;
  /** The reader wants nothing to move by itself. */
  readonly isStill: () => boolean;
  readonly pickedAsset: (id: string) => void;
  readonly pickedPoint: (tag: string) => void;
  readonly hovered: (hover: Hover | undefined) => void;
  readonly contextLost: () => void;
  readonly contextBack: () => void;
  /** The plant stands on the screen for the first time. */
  readonly firstFrame?: () => void;
  /** Samples of an edge; by what draws where absent. */
  readonly samples?: number;
}

export interface TwinScene {
  show(view: View, changes: Changes): void;
  closer(): void;
  farther(): void;
  fit(): void;
  goto(asset: string): void;
  /** @param kind index of the kind of point whose values are shown as colours */
  heat(kind: number | undefined): void;
  /** Every point by itself, however small it gets. */
  every(isOn: boolean): void;
  readonly probe: SceneProbe;
  dispose(): void;
}

/** A camera that moved less long ago is still moving: nobody aims at anything. */
const SETTLE_MS = 140;
/** Glyphs drawn over their old selves may leave a pixel wrong where two lie equally deep: drawn anew when it is quiet. */
const REPAIR_MS = 500;
const BLINK_MS = 500;
/** Building may not hold up what the operator does. */
const SLICE_MS = 8;
const REACH_PX = { mouse: 12, touch: 24 } as const;
const TARGET_MS = { software: 60, card: 33 } as const;
const FIRST_BUDGET = { software: 40_000, card: 400_000 } as const;
/** So many blinking glyphs are drawn with all the others. */
const MOST_BLINKING = 20_000;

const higher = (a: Level, b: Level): Level => (LEVELS.indexOf(a) >= LEVELS.indexOf(b) ? a : b);
const unacknowledgedMachines = (alarms: Iterable<AlarmDto>): ReadonlySet<string> =>
  new Set([...alarms].filter(isUnacknowledged).map((alarm) => alarm.machine));

/** The plant inside `host`: drawn when something changed, and only what changed.
 *  @throws where the browser cannot draw it */
export function createTwinScene(host: HTMLElement, deps: TwinSceneDeps): TwinScene {
  const { timers, nextFrame } = deps;
  const layers: Layers = { plant: new Scene(), over: new Scene(), changed: new Scene() };
  for (const scene of Object.values(layers) as Scene[]) scene.matrixWorldAutoUpdate = false;
  const materials = createMaterials();
  const camera = createSceneCamera(deps.isStill);
  const t: SceneProbe["t"] = { gl: timers.now() };
  const stage = createStage({
    timers,
    samples: deps.samples,
    contextLost: deps.contextLost,
    contextBack() {
      deps.contextBack();
      request("everything");
    },
    shown,
  });
  const kind = stage.isSoftware ? "software" : "card";
  const budget = createBudget({ targetMs: TARGET_MS[kind], first: FIRST_BUDGET[kind] });
  host.prepend(stage.canvas);
  const areaLabels = createAreaLabels(host);
  const labels = createLabels(host);

  let plant: DrawnPlant | undefined;
  let view: View | undefined;
  let pending: Level = "none";
  let isShown = true;
  let isEvery = false;
  let heatKind: number | undefined;
  let isLensNew = true;
  let budgetUsed = 0;
  let movedMs = Number.NEGATIVE_INFINITY;
  let isPhaseOff = false;
  let hoverAt: { readonly x: number; readonly y: number } | undefined;
  const stops: Record<"blink" | "repair" | "settle" | "work", () => void> = {
    blink: () => {},
    repair: () => {},
    settle: () => {},
    work: () => {},
  };
  let isOver = false;

  function request(level: Level): void {
    if (pending === "none" && level !== "none" && isShown && !isOver) nextFrame(draw);
    pending = higher(pending, level);
  }

  /** The camera stands elsewhere. */
  function moved(): void {
    isLensNew = true;
    movedMs = timers.now();
    if (hoverAt !== undefined) deps.hovered(undefined);
    stops.settle();
    stops.settle = timers.after(SETTLE_MS, settled);
    request("everything");
  }

  function settled(): void {
    if (plant === undefined) return;
    plant.plant.want(plant.points.detail.pixels);
    build();
    hoverOver();
  }

  /** Merges the parts of what stands near, a slice at a time. */
  function build(): void {
    stops.work();
    stops.work = timers.after(0, () => {
      if (plant === undefined) return;
      const until = timers.now() + SLICE_MS;
      if (plant.plant.work(() => timers.now() > until)) build();
      else t.plant ??= timers.now();
      if (plant.plant.takeNews()) request("everything");
    });
  }

  function aim(): void {
    const lens = camera.lens();
    stage.setLens(lens);
    materials.setLens(lens, stage.pixelRatio());
    isLensNew = false;
    budgetUsed = budget.most();
    if (plant === undefined) return;
    plant.points.choose(lens, { budget: budgetUsed, isEvery });
    plant.finder.forget();
    placeLabels();
    showMarks();
  }

  function draw(): void {
    if (isOver || !isShown) {
      pending = "none";
      return;
    }
    const isOnTheWay = camera.step(timers.now());
    if (isOnTheWay !== undefined) moved();
    const level = pending;
    pending = "none";
    paint(level);
    if (isOnTheWay === true) request("everything");
  }

  function paint(level: Level): void {
    if (level === "none" || stage.isLost()) return;
    const isNewChoice = level !== "changed" && budgetUsed !== budget.most();
    if (isLensNew || isNewChoice) aim();
    const { points } = plant ?? {};
    if (level === "changed" && points !== undefined) {
      points.points.seal();
      points.rollUps.seal();
      stops.repair();
      stops.repair = timers.after(REPAIR_MS, () => request("points"));
    } else stops.repair();
    points?.forget();
    stage.draw(level, layers);
    stage.canvas.dataset["frames"] = String(frames(stage.clock.stats.total));
  }

  function shown(level: Level, ms: number): void {
    if (plant === undefined) return;
    if (t.firstFrame === undefined) {
      t.firstFrame = timers.now();
      deps.firstFrame?.();
    }
    const { detail } = plant.points;
    if (level === "everything" || level === "points") {
      budget.note(ms, detail.pointCount, detail.isLimited);
    }
  }

  function placeLabels(): void {
    const lens = camera.lens();
    areaLabels.place(lens.project);
    labels.place((id) => {
      const a = plant?.indexOf.get(id);
      if (plant === undefined || a === undefined) return undefined;
      const { x, y, z, halfZ } = standOf(plant.layout, a, 0.5);
      const at = lens.project(x, y, z + halfZ);
      return at === undefined ? undefined : { x: Math.round(at.x), y: Math.round(at.y) };
    });
  }

  function showLabels({ plant: { machines, alarms }, selection }: View): void {
    const calling = unacknowledgedMachines(alarms.values());
    const texts: LabelText[] = [];
    for (const { id, name, health } of machines.values()) {
      if (plant?.indexOf.has(id) !== true) continue;
      const isSelected = selection.asset === id;
      texts.push({ id, name, health: health.state, unacknowledged: calling.has(id), selected: isSelected });
    }
    const index = plant?.indexOf.get(selection.asset ?? "");
    const asset = index === undefined ? undefined : plant?.layout.layout.assets[index];
    if (asset !== undefined && !machines.has(asset.id)) {
      const name = asset.name ?? asset.code ?? asset.id.slice(asset.id.lastIndexOf("/") + 1);
      texts.push({ id: asset.id, name, health: undefined, unacknowledged: false, selected: true });
    }
    labels.show(texts);
    placeLabels();
  }

  function showMarks(): void {
    if (plant === undefined || view === undefined) return;
    const lens = camera.lens();
    const { layout, indexOf, marks } = plant;
    const perPixel = (a: number): number => {
      const { x, y, z } = standOf(layout, a, 0);
      return (lens.isFlat ? 1 : Math.hypot(lens.eye.x - x, lens.eye.y - y, lens.eye.z - z)) / lens.scale;
    };
    marks.show(healthMarks(layout, indexOf, view, perPixel));
  }

  /** Only what can be seen here is worth a picture: readings change far more often than health. */
  let seen = "";
  const isNews = ({ plant: { machines, alarms }, selection }: View): boolean => {
    const calling = unacknowledgedMachines(alarms.values());
    const looks = [...machines.values()].map(({ id, name, health }) => [name, health.state, calling.has(id)]);
    const now = JSON.stringify([looks, selection.asset, selection.point]);
    const isNew = now !== seen;
    seen = now;
    return isNew;
  };

  function showSelection(): void {
    const tag = view?.selection.point;
    plant?.points.select(tag === undefined ? undefined : deps.points.find(tag));
  }

  function adopt(change: PointsChange): void {
    const points = deps.points.view();
    if (points === undefined) return;
    if (change.kind === "layout" || plant === undefined) {
      plant?.dispose();
      plant = drawPlant(points, layers, materials, camera.lens);
      plant.points.setHeat(heatKind);
      areaLabels.show(points.layout.layout.areas);
      camera.setPlant(plant.box);
      showSelection();
      if (view !== undefined) showLabels(view);
      moved();
    } else if (change.kind === "all") {
      plant.points.all();
      request("points");
    } else {
      const redraw = plant.points.some(change.points, change.count);
      request(change.reshaped && redraw === "changed" ? "points" : redraw);
    }
  }

  function blink(): void {
    stops.blink = timers.after(BLINK_MS, blink);
    const isStill = deps.isStill();
    materials.setMotion(isStill);
    if (plant === undefined || !isShown || isStill || pending !== "none" || isLensNew || stage.isLost())
      return;
    const count = plant.points.noteUnseen();
    if (count === 0) return;
    isPhaseOff = !isPhaseOff;
    materials.setPhase(isPhaseOff);
    if (count > MOST_BLINKING) request("points");
    else stage.draw("changed", layers);
    plant.points.forget();
  }

  function targetAt(x: number, y: number, reach: number): Target | undefined {
    if (plant === undefined) return undefined;
    const label = labels.at(x, y);
    const index = label === undefined ? undefined : plant.indexOf.get(label);
    return index === undefined ? plant.finder.find(x, y, reach) : { kind: "asset", index };
  }

  function hoverOver(): void {
    const isMoving = timers.now() - movedMs < SETTLE_MS;
    const at = isMoving ? undefined : hoverAt;
    const target = at === undefined ? undefined : targetAt(at.x, at.y, REACH_PX.mouse);
    host.style.cursor = target === undefined ? "grab" : "pointer";
    deps.hovered(at === undefined || target === undefined ? undefined : { target, ...at });
  }

  const nameOf = (target: Target): string | undefined =>
    plant === undefined
      ? undefined
      : target.kind === "point"
        ? pointTag(plant.layout, target.index)
        : plant.layout.layout.assets[target.index]?.id;

  function pickAt(x: number, y: number, isTouch: boolean): Target | undefined {
    const target = targetAt(x, y, isTouch ? REACH_PX.touch : REACH_PX.mouse);
    const name = target === undefined ? undefined : nameOf(target);
    if (target === undefined || name === undefined) return undefined;
    if (target.kind === "point") deps.pickedPoint(name);
    else deps.pickedAsset(name);
    return target;
  }

  function approach(a: number | undefined): void {
    if (plant === undefined || a === undefined) return;
    camera.approach([...plant.layout.box.subarray(6 * a, 6 * a + 6)], timers.now());
    moved();
  }

  function go(move: CameraMove): void {
    const pose = camera.pose();
    switch (move.kind) {
      case "fit":
        camera.fit();
        break;
      case "goto":
        approach(plant?.indexOf.get(view?.selection.asset ?? ""));
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
    }
    moved();
  }

  const stopControls = listenForControls(host, {
    pose: camera.pose,
    lens: camera.lens,
    limits: camera.limits,
    move(pose) {
      camera.move(pose);
      moved();
    },
    tapped: pickAt,
    doubleTapped(x, y, isTouch) {
      const target = targetAt(x, y, isTouch ? REACH_PX.touch : REACH_PX.mouse);
      if (target !== undefined)
        approach(target.kind === "asset" ? target.index : plant?.layout.assetOf[target.index]);
    },
    hovered(at) {
      hoverAt = at;
      hoverOver();
    },
  });
  const onKey = (event: KeyboardEvent): void => {
    const found = event.target === host ? moveOf(event, camera.lens().isFlat) : undefined;
    if (found === undefined) return;
    event.preventDefault();
    go(found);
  };
  host.addEventListener("keydown", onKey);

  const resize = (): void => {
    const { clientWidth, clientHeight } = host;
    if (clientWidth === 0 || clientHeight === 0) return;
    stage.resize(clientWidth, clientHeight);
    camera.resize(clientWidth, clientHeight);
    moved();
  };
  const observer = new ResizeObserver(resize);
  observer.observe(host);

  const setPalette = (next: View): void => {
    materials.setPalette(next.palette);
    stage.setGround(SCENE_COLOURS[next.palette].ground);
    showMarks();
    request("everything");
  };

  materials.setPalette("dark");
  stage.setGround(SCENE_COLOURS.dark.ground);
  materials.setMotion(deps.isStill());
  resize();
  const stopPoints = deps.points.subscribe(adopt);
  const stopFreshness = deps.points.onFreshness((isStale) => {
    materials.setStale(isStale);
    request("points");
  });
  adopt({ kind: "layout" });
  blink();

  function show(next: View, changes: Changes): void {
    const before = view;
    view = next;
    const wasShown = isShown;
    isShown = next.manner !== "table" && next.page === "plant";
    if (before?.palette !== next.palette) setPalette(next);
    if (before?.manner !== next.manner && next.manner !== "table") {
      camera.setFlat(next.manner === "plan");
      moved();
    }
    if (isShown && !wasShown) {
      pending = "none";
      resize();
      request("everything");
    }
    if (!isNews(next) && !changes.structure) return;
    showSelection();
    showLabels(next);
    showMarks();
    request("points");
  }

  const probe: SceneProbe = {
    t,
    frame: stage.clock.stats,
    isSoftware: stage.isSoftware,
    counts: () => ({
      points: plant?.layout.pointCount ?? 0,
      assets: plant?.layout.assetCount ?? 0,
      drawCalls: stage.drawCalls(),
      drawnPoints: isEvery ? (plant?.layout.pointCount ?? 0) : (plant?.points.detail.pointCount ?? 0),
      drawnAssets: plant?.points.detail.assetCount ?? 0,
    }),
    glyph: (point) => plant?.points.points.glyph[point],
    pick(x, y) {
      const target = targetAt(x, y, REACH_PX.mouse);
      return target === undefined ? undefined : nameOf(target);
    },
    project(point) {
      const [x, y, z] = plant?.layout.position.subarray(3 * point, 3 * point + 3) ?? [];
      return x === undefined || y === undefined || z === undefined
        ? undefined
        : camera.lens().project(x, y, z);
    },
    projectAsset(a) {
      const box = plant?.layout.box.subarray(6 * a, 6 * a + 6);
      if (box === undefined) return undefined;
      const [x0 = 0, , z0 = 0, x1 = 0, y1 = 0, z1 = 0] = box;
      return camera.lens().project((x0 + x1) / 2, y1 + 0.3, (z0 + z1) / 2);
    },
    goto: (asset) => approach(plant?.indexOf.get(asset)),
    renderNow(level) {
      const start = timers.now();
      if (level === "everything") isLensNew = true;
      paint(level);
      stage.finish();
      return timers.now() - start;
    },
    pixels: (x = 0, y = 0, width = stage.canvas.width, height = stage.canvas.height) =>
      stage.targets.read(x, y, width, height),
    ...stage.contextLoss,
  };

  return {
    show,
    closer: () => go({ kind: "zoom", factor: CLOSER }),
    farther: () => go({ kind: "zoom", factor: FARTHER }),
    fit: () => go({ kind: "fit" }),
    goto: (asset) => approach(plant?.indexOf.get(asset)),
    heat(next) {
      heatKind = next;
      materials.setHeat(next !== undefined);
      plant?.points.setHeat(next);
      request("points");
    },
    every(isOn) {
      isEvery = isOn;
      isLensNew = true;
      request("points");
    },
    probe,
    dispose() {
      isOver = true;
      for (const stop of Object.values(stops)) stop();
      stopControls();
      stopPoints();
      stopFreshness();
      host.removeEventListener("keydown", onKey);
      observer.disconnect();
      plant?.dispose();
      labels.dispose();
      areaLabels.dispose();
      materials.dispose();
      stage.dispose();
    },
  };
}

const frames = (total: Readonly<Record<Level, number>>): number =>
  total.changed + total.points + total.everything;
