import type { AlarmDto } from "@stethos/edge-agent/core";
import { Vector3 } from "three";
import { isUnacknowledged } from "../state/alarm-order.ts";
import type { Changes, View } from "../state/store.ts";
import { createAreaLabels } from "./area-labels.ts";
import { type CameraPose, distanceOf, fitCamera } from "./fit.ts";
import { type CameraMove, CLOSER, FARTHER, moveOf } from "./keys.ts";
import { createLabels } from "./labels.ts";
import { type Bounds, bestLayout, type PlantLayout } from "./layout.ts";
import { LABEL_AHEAD } from "./parts.ts";
import { createPlantMeshes, type PlantMeshes } from "./plant-meshes.ts";
import { listenForPicks } from "./pointer.ts";
import { createStage } from "./stage.ts";

/** Where the camera looks while there is no plant. */
const NOWHERE: Bounds = { minX: 0, maxX: 10, minZ: 0, maxZ: 10 };
const AZIMUTH_DEG = 16;
/** Steep enough that a row does not hide the one behind it. */
const ELEVATION_DEG = 46;

export interface PlantSceneEvents {
  picked(machine: string): void;
  contextLost(): void;
  contextBack(): void;
}

export interface PlantScene {
  show(view: View, changes: Changes): void;
  closer(): void;
  farther(): void;
  fit(): void;
}

const unacknowledgedMachines = (alarms: Iterable<AlarmDto>): ReadonlySet<string> =>
  new Set([...alarms].filter(isUnacknowledged).map((alarm) => alarm.machine));

/** The plant floor inside `host`.
 *  @throws where the browser cannot draw it */
export function createPlantScene(host: HTMLElement, events: PlantSceneEvents): PlantScene {
  let layout: PlantLayout = bestLayout([], () => 1);
  let meshes: PlantMeshes | undefined;
  let wasMoved = false;
  const point = new Vector3();

  const stage = createStage(host, {
    drawn: place,
    resized: refit,
    moved: () => {
      wasMoved = true;
    },
    contextLost: events.contextLost,
    contextBack: events.contextBack,
  });
  const areaLabels = createAreaLabels(host);
  const labels = createLabels(host);

  function project(x: number, y: number, z: number): { x: number; y: number } | undefined {
    point.set(x, y, z).project(stage.camera);
    if (point.z > 1) return undefined;
    const { width, height } = stage.size();
    return { x: Math.round(((point.x + 1) / 2) * width), y: Math.round(((1 - point.y) / 2) * height) };
  }

  function place(): void {
    const spots = new Map(layout.machines.map((spot) => [spot.id, spot]));
    areaLabels.place(project);
    labels.place((id) => {
      const spot = spots.get(id);
      return spot === undefined ? undefined : project(spot.x, 0, spot.z + LABEL_AHEAD);
    });
  }

  function poseFor(areas: readonly Bounds[]): CameraPose {
    const { width, height } = stage.size();
    return fitCamera(areas.length === 0 ? [NOWHERE] : areas, {
      fovDeg: stage.fovDeg,
      aspect: width / height,
      azimuthDeg: AZIMUTH_DEG,
      elevationDeg: ELEVATION_DEG,
    });
  }

  function fit(): void {
    const pose = poseFor(layout.areas);
    const distance = distanceOf(pose);
    stage.limit(Math.min(6, distance), distance * 2);
    stage.pose(pose);
    wasMoved = false;
  }

  function refit(): void {
    if (!wasMoved) fit();
  }

  const move = (what: CameraMove): void => {
    wasMoved = true;
    if (what.kind === "fit") fit();
    else if (what.kind === "zoom") stage.zoom(what.factor);
    else stage.turn(what.azimuthRad, what.polarRad);
  };

  host.addEventListener("keydown", (event) => {
    const found = event.target === host ? moveOf(event) : undefined;
    if (found === undefined) return;
    event.preventDefault();
    move(found);
  });
  listenForPicks(host, {
    find: (x, y) => labels.at(x, y) ?? meshes?.pick(stage.ray(x, y)),
    picked: events.picked,
  });

  const rebuild = ({ plant }: View): void => {
    const machines = [...plant.machines.values()];
    const previous = JSON.stringify(layout);
    layout = bestLayout(machines, (areas) => distanceOf(poseFor(areas)));
    meshes?.dispose();
    meshes = createPlantMeshes(stage.scene, layout, plant.machines);
    areaLabels.show(layout.areas);
    // A reconnect brings the same plant again; the operator's view of it stays.
    if (previous !== JSON.stringify(layout)) fit();
  };

  const showLabels = ({ plant, selection }: View): void => {
    const calling = unacknowledgedMachines(plant.alarms.values());
    labels.show(
      [...plant.machines.values()].map(({ id, name, health }) => ({
        id,
        name,
        health: health.state,
        unacknowledged: calling.has(id),
        selected: selection.machine === id,
      })),
    );
  };

  /** Only what can be seen here is worth a picture: readings change far more often than health. */
  let drawn = "";
  const isNews = ({ plant, selection }: View): boolean => {
    const calling = unacknowledgedMachines(plant.alarms.values());
    const looks = [...plant.machines.values()].map(({ id, health }) => [health.state, calling.has(id)]);
    const now = JSON.stringify([looks, selection.machine]);
    const isNew = now !== drawn;
    drawn = now;
    return isNew;
  };

  return {
    show(view, changes) {
      if (changes.structure) rebuild(view);
      if (!isNews(view) && !changes.structure) return;
      meshes?.paint(view.plant.machines);
      meshes?.choose(view.selection.machine);
      showLabels(view);
      stage.invalidate();
    },
    closer: () => move({ kind: "zoom", factor: CLOSER }),
    farther: () => move({ kind: "zoom", factor: FARTHER }),
    fit,
  };
}
