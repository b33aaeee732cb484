/** A pointer that moved less than this between down and up meant to choose, not to turn; pixels. */
const CLICK_SLACK = 6;

export interface Picks {
  /** The machine at a point of the host, pixels. */
  find(x: number, y: number): string | undefined;
  picked(machine: string): void;
}

/** Chooses machines with mouse, pen or finger, and shows where that is possible. */
export function listenForPicks(host: HTMLElement, picks: Picks): void {
  let down: { readonly x: number; readonly y: number } | undefined;

  const at = (event: PointerEvent): string | undefined => {
    const box = host.getBoundingClientRect();
    return picks.find(event.clientX - box.left, event.clientY - box.top);
  };

  host.addEventListener("pointerdown", (event) => {
    down = event.isPrimary && event.button === 0 ? { x: event.clientX, y: event.clientY } : undefined;
  });
  host.addEventListener("pointerup", (event) => {
    const start = down;
    down = undefined;
    if (start === undefined) return;
    if (Math.hypot(event.clientX - start.x, event.clientY - start.y) > CLICK_SLACK) return;
    const machine = at(event);
    if (machine !== undefined) picks.picked(machine);
  });
  host.addEventListener("pointermove", (event) => {
    // While the camera turns, nobody aims at a machine.
    if (event.buttons !== 0 || event.pointerType === "touch") return;
    host.style.cursor = at(event) === undefined ? "grab" : "pointer";
  });
}
