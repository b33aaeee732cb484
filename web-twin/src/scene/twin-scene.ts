import { Scene } from "three";
import type { PointsChange } from "../state/points.ts";
import type { Changes, View } from "../state/store.ts";
import { startBlinking } from "./blink.ts";
import { BUDGETS, createBudget } from "./budget.ts";
import { createBuilder } from "./build-parts.ts";
import { createSceneCamera } from "./camera.ts";
import { createDrawLoop } from "./draw-loop.ts";
import { type DrawnPlant, drawPlant } from "./drawn-plant.ts";
import { createHands } from "./hands.ts";
import { CLOSER, FARTHER } from "./keys.ts";
import type { Level } from "./level.ts";
import { createMaterials } from "./materials.ts";
import { createModels } from "./models.ts";
import { createPainter } from "./painter.ts";
import { SCENE_COLOURS } from "./palette.ts";
import { createSceneProbe, type SceneProbe } from "./probe.ts";
import type { TwinScene, TwinSceneDeps } from "./scene-contract.ts";
import { createSigns } from "./signs.ts";
import { createStage, type Layers } from "./stage.ts";
import { warmUp } from "./warm-up.ts";

/** A camera that moved less long ago is still moving: nobody aims at anything. */
const SETTLE_MS = 140;

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
  const budget = createBudget(BUDGETS[stage.isSoftware ? "software" : "card"]);
  host.prepend(stage.canvas);

  let plant: DrawnPlant | undefined;
  let view: View | undefined;
  let isShown = true;
  /** The host stands on the page. */
  let isSized = false;
  let isEvery = false;
  let heatKind: number | undefined;
  let movedMs = Number.NEGATIVE_INFINITY;
  let stopSettle = (): void => {};
  let isOver = false;

  const loop = createDrawLoop({
    nextFrame,
    isWanted: () => isShown && isSized && !isOver,
    step() {
      const isOnTheWay = camera.step(timers.now());
      if (isOnTheWay !== undefined) moved();
      return isOnTheWay === true;
    },
    paint: (level) => painter.paint(level),
  });
  const { request } = loop;

  /** The camera stands elsewhere. */
  function moved(): void {
    painter.renew();
    movedMs = timers.now();
    hands.aside();
    stopSettle();
    stopSettle = timers.after(SETTLE_MS, settled);
    request("everything");
  }

  function settled(): void {
    if (plant === undefined) return;
    plant.plant.want(plant.points.detail.pixels);
    builder.build();
    hands.hoverAgain();
  }

  const builder = createBuilder({
    timers,
    plant: () => plant,
    news: () => request("everything"),
    done() {
      t.plant ??= timers.now();
    },
  });
  const models = createModels({
    load: (file, size) =>
      deps.models?.load(file, size) ?? Promise.reject(new Error("there are no models here")),
    came(template) {
      if (isOver) return;
      plant?.plant.modelCame(template);
      builder.build();
    },
    failed: (file, error) => deps.models?.failed(file, error),
  });

  const painter = createPainter({
    timers,
    stage,
    layers,
    materials,
    camera,
    budget,
    plant: () => plant,
    isEvery: () => isEvery,
    aimed() {
      signs.place();
      if (view !== undefined) signs.showMarks(view);
    },
    request,
  });

  /** The first picture of a plant does not wait for the browser's next one: both who ask for it come just before one. */
  function drawFirst(): void {
    if (plant !== undefined && isSized && t.firstFrame === undefined) loop.draw();
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
      plant = drawPlant(points, layers, materials, {
        lens: camera.lens,
        isSoftware: stage.isSoftware,
        models,
      });
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

  const isMoving = (): boolean => timers.now() - movedMs < SETTLE_MS;
  const signs = createSigns(host, { plant: () => plant, lens: camera.lens });
  const hands = createHands(host, {
    camera,
    plant: () => plant,
    labelAt: signs.at,
    selectedAsset: () => view?.selection.asset,
    now: timers.now,
    isMoving,
    moved,
    pickedAsset: deps.pickedAsset,
    pickedPoint: deps.pickedPoint,
    hovered: deps.hovered,
    visited: () => deps.visited?.(),
  });

  const resize = (): void => {
    const { clientWidth, clientHeight } = host;
    if (clientWidth === 0 || clientHeight === 0) return;
    if (!isSized) loop.forget();
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
  const stopBlinking = startBlinking({
    timers,
    isStill: deps.isStill,
    materials,
    plant: () => (!isShown || loop.isWaiting() || painter.isRenewed() || stage.isLost() ? undefined : plant),
    draw: (level) => stage.draw(level, layers),
    request,
  });

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
      loop.forget();
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
    isAtRest: () => !loop.isWaiting() && !camera.isOnTheWay() && !isMoving() && !builder.isBusy(),
    renderNow(level) {
      const startMs = timers.now();
      if (level === "everything") painter.renew();
      painter.paint(level);
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
      painter.renew();
      request("points");
    },
    every(isOn) {
      isEvery = isOn;
      painter.renew();
      request("points");
    },
    probe,
    dispose() {
      isOver = true;
      for (const stop of [stopSettle, painter.stop, stopBlinking, builder.stop]) stop();
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
