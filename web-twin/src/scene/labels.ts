import type { HealthState } from "@stethos/edge-agent/core";
import { element, setAttribute, setText } from "../dom/element.ts";
import { iconElement } from "../dom/icon.ts";
import { type LabelBox, labelAt, readable } from "./declutter.ts";
import { LOOKS } from "./look.ts";

const ICON_BOX = 26;
/** More could not be read, and each costs the browser a layout. */
const MOST_LABELS = 60;

export interface LabelText {
  readonly id: string;
  readonly name: string;
  /** Absent where nobody listens to it. */
  readonly health: HealthState | undefined;
  readonly unacknowledged: boolean;
  readonly selected: boolean;
}

/** The names and state icons before the machines, as HTML: sharp at any size. Screen readers have the machine list. */
export interface Labels {
  /** The most urgent of them, as many as can be read. */
  show(labels: readonly LabelText[]): void;
  /** @param project where a label hangs on the screen; undefined behind the camera */
  place(project: (id: string) => { readonly x: number; readonly y: number } | undefined): void;
  at(x: number, y: number): string | undefined;
  dispose(): void;
}

interface Label {
  readonly id: string;
  readonly node: HTMLElement;
  readonly name: HTMLElement;
  health?: HealthState | undefined;
  width: number;
  height: number;
  priority: number;
}

const priorityOf = ({ health, selected, unacknowledged }: LabelText): number =>
  (health === undefined ? 0 : LOOKS[health].urgency) + (unacknowledged ? 0.5 : 0) + (selected ? 10 : 0);

export function createLabels(host: HTMLElement): Labels {
  const layer = element("div", { class: "labels", "aria-hidden": "true" });
  host.append(layer);
  let labels: readonly Label[] = [];
  let boxes: readonly { readonly label: Label; readonly box: LabelBox }[] = [];

  const create = (id: string): Label => {
    const name = element("span", { class: "label-name" });
    const node = element("div", { class: "label", "data-label": id }, name);
    layer.append(node);
    return { id, node, name, width: 0, height: 0, priority: 0 };
  };

  const update = (label: Label, text: LabelText): void => {
    const look = text.health === undefined ? undefined : LOOKS[text.health];
    if (label.health !== text.health) {
      label.health = text.health;
      label.node.querySelector("svg")?.remove();
      if (look !== undefined) label.node.prepend(iconElement(look.icon, look.colour));
    }
    setText(label.name, text.name);
    setAttribute(label.node, "data-health", text.health);
    setAttribute(label.node, "data-unacknowledged", text.unacknowledged);
    setAttribute(label.node, "data-selected", text.selected);
    label.priority = priorityOf(text);
    label.node.style.zIndex = String(label.priority);
  };

  return {
    show(texts) {
      const kept = new Map(labels.map((label) => [label.id, label]));
      const most = [...texts].sort((a, b) => priorityOf(b) - priorityOf(a)).slice(0, MOST_LABELS);
      labels = most.map((text) => {
        const label = kept.get(text.id) ?? create(text.id);
        kept.delete(text.id);
        update(label, text);
        return label;
      });
      for (const label of kept.values()) label.node.remove();
      for (const label of labels) setAttribute(label.node, "data-short", false);
      for (const label of labels) {
        label.width = label.node.offsetWidth;
        label.height = label.node.offsetHeight;
      }
    },
    place(project) {
      const placed = labels.map((label) => ({ label, hook: project(label.id) }));
      for (const { label, hook } of placed) {
        setAttribute(label.node, "hidden", hook === undefined);
        if (hook !== undefined)
          label.node.style.transform = `translate(${hook.x}px, ${hook.y}px) translate(-50%, 0)`;
      }
      boxes = placed.flatMap(({ label, hook }) => {
        if (hook === undefined) return [];
        const { width, height, priority } = label;
        return [{ label, box: { x: hook.x, y: hook.y + height, width, height, priority } }];
      });
      const shown = readable(boxes.map(({ box }) => box));
      boxes = boxes.map(({ label, box }, i) => {
        const isShort = shown[i] !== true;
        setAttribute(label.node, "data-short", isShort);
        return isShort ? { label, box: { ...box, width: ICON_BOX } } : { label, box };
      });
    },
    at(x, y) {
      const hit = labelAt(
        boxes.map(({ box }) => box),
        x,
        y,
      );
      return hit === undefined ? undefined : boxes[hit]?.label.id;
    },
    dispose() {
      layer.remove();
    },
  };
}
