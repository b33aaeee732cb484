import { COORDINATE_SYSTEM, Deck, OrbitView } from "@deck.gl/core";
import { PointCloudLayer } from "@deck.gl/layers";
import { extentOf, fetchPositions, fillStates } from "./page.ts";

// deck.gl as its performance guide advises: binary attributes, no accessors, no picking, no lighting.
const position = await fetchPositions();
const count = position.length / 3;
const state = new Uint8Array(count);
const { middle, reach } = extentOf(position);
const COLOURS = [
  [141, 141, 141],
  [165, 165, 165],
  [255, 77, 64],
] as const;

function layerOf(turn: number): PointCloudLayer {
  fillStates(state, turn);
  const colour = new Uint8Array(3 * count);
  for (let i = 0; i < count; i += 1) colour.set(COLOURS[state[i] ?? 0] ?? COLOURS[0], 3 * i);
  return new PointCloudLayer({
    id: "points",
    coordinateSystem: COORDINATE_SYSTEM.CARTESIAN,
    data: {
      length: count,
      attributes: { getPosition: { value: position, size: 3 }, getColor: { value: colour, size: 3 } },
    },
    pointSize: 2,
    material: false,
    pickable: false,
  });
}

/** Resolves at the picture after the next one that was asked for. */
let drawn: () => void = () => {};
const deck = new Deck({
  parent: document.body as HTMLDivElement,
  width: innerWidth,
  height: innerHeight,
  useDevicePixels: false,
  views: new OrbitView({ fovy: 32, orbitAxis: "Y" }),
  initialViewState: {
    target: middle,
    rotationX: 42,
    rotationOrbit: 16,
    zoom: Math.log2(innerHeight / reach),
    minZoom: -20,
  },
  layers: [layerOf(0)],
  onAfterRender: ({ gl }: { gl: WebGL2RenderingContext }) => {
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    drawn();
  },
});
const nextPicture = (): Promise<void> =>
  new Promise((resolve) => {
    drawn = resolve;
  });

async function timedPicture(work: () => void): Promise<number> {
  const start = performance.now();
  const shown = nextPicture();
  work();
  await shown;
  return performance.now() - start;
}

await nextPicture();
let turn = 0;
window.baseline = {
  firstFrameMs: performance.now(),
  frame: () => timedPicture(() => deck.redraw("asked")),
  changeAll: () =>
    timedPicture(() => {
      turn += 1;
      deck.setProps({ layers: [layerOf(turn)] });
    }),
};
