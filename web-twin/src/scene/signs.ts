import type { AlarmDto } from "@stethos/edge-agent/core";
import { isUnacknowledged } from "../state/alarm-order.ts";
import type { View } from "../state/store.ts";
import { createAreaLabels } from "./area-labels.ts";
import type { DrawnPlant } from "./drawn-plant.ts";
import { healthMarks, standOf } from "./health-marks.ts";
import { createLabels, type LabelText } from "./labels.ts";
import type { Lens } from "./lens.ts";

/** What stands with the machines beside their points: names, states, rings, and the frame of what is selected. */
export interface Signs {
  /** Only what can be seen here is worth a picture: readings change far more often than health. */
  isNews(view: View): boolean;
  showAreas(): void;
  showLabels(view: View): void;
  /** Also after the camera moved: the frame keeps its width on the screen. */
  showMarks(view: View): void;
  /** After the camera moved. */
  place(): void;
  /** The asset whose label lies there. */
  at(x: number, y: number): number | undefined;
  dispose(): void;
}

export interface SignsDeps {
  readonly plant: () => DrawnPlant | undefined;
  readonly lens: () => Lens;
}

/** From an asset to its label, metres. */
const LABEL_GAP = 0.5;

const unacknowledgedMachines = (alarms: Iterable<AlarmDto>): ReadonlySet<string> =>
  new Set([...alarms].filter(isUnacknowledged).map((alarm) => alarm.machine));

export function createSigns(host: HTMLElement, deps: SignsDeps): Signs {
  const areaLabels = createAreaLabels(host);
  const labels = createLabels(host);
  let seen = "";

  const place = (): void => {
    const lens = deps.lens();
    const plant = deps.plant();
    areaLabels.place(lens.project);
    labels.place((id) => {
      const a = plant?.indexOf.get(id);
      if (plant === undefined || a === undefined) return undefined;
      const { x, y, z, halfZ } = standOf(plant.layout, a, LABEL_GAP);
      const at = lens.project(x, y, z + halfZ);
      return at === undefined ? undefined : { x: Math.round(at.x), y: Math.round(at.y) };
    });
  };

  /** The selected asset has a label also where nobody listens to it. */
  const selectedText = (id: string | undefined): LabelText | undefined => {
    const plant = deps.plant();
    const index = plant?.indexOf.get(id ?? "");
    const asset = index === undefined ? undefined : plant?.layout.layout.assets[index];
    if (asset === undefined) return undefined;
    const name = asset.name ?? asset.code ?? asset.id.slice(asset.id.lastIndexOf("/") + 1);
    return { id: asset.id, name, health: undefined, unacknowledged: false, selected: true };
  };

  return {
    isNews({ plant: { machines, alarms }, selection }) {
      const calling = unacknowledgedMachines(alarms.values());
      const looks = [...machines.values()].map((m) => [m.name, m.health.state, calling.has(m.id)]);
      const now = JSON.stringify([looks, selection.asset, selection.point]);
      const isNew = now !== seen;
      seen = now;
      return isNew;
    },
    showAreas() {
      areaLabels.show(deps.plant()?.layout.layout.areas ?? []);
    },
    showLabels({ plant: { machines, alarms }, selection }) {
      const calling = unacknowledgedMachines(alarms.values());
      const texts: LabelText[] = [];
      for (const { id, name, health } of machines.values()) {
        if (deps.plant()?.indexOf.has(id) !== true) continue;
        const isSelected = selection.asset === id;
        texts.push({ id, name, health: health.state, unacknowledged: calling.has(id), selected: isSelected });
      }
      const selected = machines.has(selection.asset ?? "") ? undefined : selectedText(selection.asset);
      if (selected !== undefined) texts.push(selected);
      labels.show(texts);
      place();
    },
    showMarks(view) {
      const plant = deps.plant();
      if (plant === undefined) return;
      const lens = deps.lens();
      const { layout, indexOf, marks } = plant;
      const metresPerPixel = (a: number): number => {
        const { x, y, z } = standOf(layout, a, 0);
        const far = lens.isFlat ? 1 : Math.hypot(lens.eye.x - x, lens.eye.y - y, lens.eye.z - z);
        return far / lens.scale;
      };
      marks.show(healthMarks(layout, indexOf, view, metresPerPixel));
    },
    place,
    at(x, y) {
      const label = labels.at(x, y);
      return label === undefined ? undefined : deps.plant()?.indexOf.get(label);
    },
    dispose() {
      labels.dispose();
      areaLabels.dispose();
    },
  };
}
