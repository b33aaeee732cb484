import { LEVELS, type Level } from "./level.ts";

export interface DrawLoopDeps {
  /** Runs a function before the next picture. */
  readonly nextFrame: (draw: () => void) => void;
  /** There is somewhere to draw. */
  readonly isWanted: () => boolean;
  /** Moves what moves by itself.
   *  @returns whether it will move on */
  readonly step: () => boolean;
  readonly paint: (level: Level) => void;
}

/** Draws before the browser's next picture what was asked for until then, once. */
export interface DrawLoop {
  request(level: Level): void;
  /** Without waiting for the browser's next picture. */
  draw(): void;
  /** What was asked for while nothing could be drawn. */
  forget(): void;
  isWaiting(): boolean;
}

const higher = (a: Level, b: Level): Level => (LEVELS.indexOf(a) >= LEVELS.indexOf(b) ? a : b);

export function createDrawLoop({ nextFrame, isWanted, step, paint }: DrawLoopDeps): DrawLoop {
  let pending: Level = "none";

  const request = (level: Level): void => {
    if (pending === "none" && level !== "none" && isWanted()) nextFrame(draw);
    pending = higher(pending, level);
  };

  function draw(): void {
    if (!isWanted()) {
      pending = "none";
      return;
    }
    const isOnTheWay = step();
    const level = pending;
    pending = "none";
    paint(level);
    if (isOnTheWay) request("everything");
  }

  return {
    request,
    draw,
    forget() {
      pending = "none";
    },
    isWaiting: () => pending !== "none",
  };
}
