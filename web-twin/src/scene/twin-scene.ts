import { Scene } from "three";
import type { PointStore, PointsChange } from "../state/points.ts";
import type { Changes, View } from "../state/store.ts";
import type { Timers } from "../stream/timers.ts";
import { createBudget } from "./budget.ts";
import { createSceneCamera } from "./camera.ts";
import { type DrawnPlant, drawPlant } from "./drawn-plant.ts";
import { createHands, type Hover } from "./hands.ts";
import { CLOSER, FARTHER } from "./keys.ts";
import { LEVELS, type Level } from "./level.ts";
import { createMaterials } from "./materials.ts";
import { SCENE_COLOURS } from "./palette.ts";
import { createSceneProbe, type SceneProbe } from "./probe.ts";
import { createSigns } from "./signs.ts";
import { createStage, type Layers } from "./stage.ts";
import { warmUp } from "./warm-up.ts";

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
const TARGET_MS = { software: 60, card: 33 } as const;
const FIRST_BUDGET = { software: 40_000, card: 400_000 } as const;
/** So many blinking glyphs are drawn with all the others. */
const MOST_BLINKING = 20_000;

const higher = (a: Level, b: Level): Level => (LEVELS.indexOf(a) >= LEVELS.indexOf(b) ? a : b);

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

  let plant: DrawnPlant | undefined;
  let view: View | undefined;
  let pending: Level = "none";
  let isShown = true;
  /** The host stands on the page. */
  let isSized = false;
  let isEvery = false;
  let heatKind: number | undefined;
  let isLensNew = true;
  let budgetUsed = 0;
  let movedMs = Number.NEGATIVE_INFINITY;
  let isPhaseOff = false;
  const stops: Record<"blink" | "repair" | "settle" | "work", () => void> = {
    blink: () => {},
    repair: () => {},
    settle: () => {},
    work: () => {},
  };
  let isOver = false;

  function request(level: Level): void {
    if (pending === "none" && level !== "none" && isShown && isSized && !isOver) nextFrame(draw);
    pending = higher(pending, level);
  }

  /** The camera stands elsewhere. */
  function moved(): void {
    isLensNew = true;
    movedMs = timers.now();
    hands.aside();
    stops.settle();
    stops.settle = timers.after(SETTLE_MS, settled);
    request("everything");
  }

  function settled(): void {
    if (plant === undefined) return;
    plant.plant.want(plant.points.detail.pixels);
    build();
    hands.hoverAgain();
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
    plant.points.choose(lens, { budget: budgetUsed, isEvery }, stage.pixelRatio());
    plant.finder.forget();
    signs.place();
    if (view !== undefined) signs.showMarks(view);
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

  /** The first picture of a plant does not wait for the browser's next one: both who ask for it come just before one. */
  function drawFirst(): void {
    if (plant !== undefined && isSized && t.firstFrame === undefined) draw();
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
    } else {
      stops.repair();
      points?.gather();
    }
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

  function showSelection(): void {
    const tag = view?.selection.point;
    plant?.points.select(tag === undefined ? undefined : deps.points.find(tag));
  }

  function adopt(change: PointsChange): void {
    const points = deps.points.view();
    if (points === undefined) return;
    if (change.kind === "layout" || plant === undefined) {
      plant?.dispose();
      plant = drawPlant(points, layers, materials, { lens: camera.lens, isSoftware: stage.isSoftware });
      plant.points.setHeat(heatKind);
      materials.setStale(points.isStale);
      signs.showAreas();
      camera.setPlant(plant.box);
      showSelection();
      if (view !== undefined) signs.showLabels(view);
      moved();
      drawFirst();
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

  const signs = createSigns(host, { plant: () => plant, lens: camera.lens });
  const hands = createHands(host, {
    camera,
    plant: () => plant,
    labelAt: signs.at,
    selectedAsset: () => view?.selection.asset,
    now: timers.now,
    isMoving: () => timers.now() - movedMs < SETTLE_MS,
    moved,
    pickedAsset: deps.pickedAsset,
    pickedPoint: deps.pickedPoint,
    hovered: deps.hovered,
  });

  const resize = (): void => {
    const { clientWidth, clientHeight } = host;
    if (clientWidth === 0 || clientHeight === 0) return;
    if (!isSized) pending = "none";
    isSized = true;
    stage.resize(clientWidth, clientHeight);
    camera.resize(clientWidth, clientHeight);
    moved();
    drawFirst();
  };
  const observer = new ResizeObserver(resize);
  observer.observe(host);

  const setPalette = (next: View): void => {
    materials.setPalette(next.palette);
    stage.setGround(SCENE_COLOURS[next.palette].ground);
    signs.showMarks(next);
    request("everything");
  };

  materials.setPalette("dark");
  stage.setGround(SCENE_COLOURS.dark.ground);
  materials.setMotion(deps.isStill());
  resize();
  const stopPoints = deps.points.subscribe(adopt);
  const stopFreshness = deps.points.onFreshness((isStale) => {
    materials.setStale(isStale);
    plant?.points.all();
    request("points");
  });
  if (deps.points.view() === undefined) warmUp(stage, layers, materials, camera);
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
    if (!signs.isNews(next) && !changes.structure) return;
    showSelection();
    signs.showLabels(next);
    signs.showMarks(next);
    request("points");
  }

  const probe = createSceneProbe({
    t,
    stage,
    camera,
    hands,
    plant: () => plant,
    isEvery: () => isEvery,
    renderNow(level) {
      const startMs = timers.now();
      if (level === "everything") isLensNew = true;
      paint(level);
      stage.finish();
      return timers.now() - startMs;
    },
  });

  return {
    show,
    closer: () => hands.go({ kind: "zoom", factor: CLOSER }),
    farther: () => hands.go({ kind: "zoom", factor: FARTHER }),
    fit: () => hands.go({ kind: "fit" }),
    goto: probe.goto,
    heat(next) {
      heatKind = next;
      materials.setHeat(next !== undefined);
      plant?.points.setHeat(next);
      isLensNew = true;
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
      stopPoints();
      stopFreshness();
      hands.dispose();
      observer.disconnect();
      plant?.dispose();
      signs.dispose();
      materials.dispose();
      stage.dispose();
    },
  };
}

const frames = (total: Readonly<Record<Level, number>>): number =>
  total.changed + total.points + total.everything;
