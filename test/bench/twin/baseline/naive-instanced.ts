import {
  BoxGeometry,
  Color,
  InstancedMesh,
  Matrix4,
  MeshBasicMaterial,
  PerspectiveCamera,
  Raycaster,
  Scene,
  Vector2,
  Vector3,
  WebGLRenderer,
} from "three";
import { extentOf, fetchPositions, fillStates, timed, waitForPicture } from "./page.ts";

// As tutorials have it: one instanced box a point, coloured by setColorAt.
const position = await fetchPositions();
const count = position.length / 3;
const state = new Uint8Array(count);
const renderer = new WebGLRenderer({ antialias: false });
renderer.setSize(innerWidth, innerHeight);
document.body.append(renderer.domElement);
const scene = new Scene();
scene.background = new Color("#14181d");
const { middle, reach } = extentOf(position);
const camera = new PerspectiveCamera(32, innerWidth / innerHeight, 1, reach * 4);
camera.position.set(middle[0] + reach * 0.2, reach * 0.9, middle[2] + reach);
camera.lookAt(new Vector3(...middle));
const mesh = new InstancedMesh(new BoxGeometry(0.25, 0.25, 0.25), new MeshBasicMaterial(), count);
const matrix = new Matrix4();
for (let i = 0; i < count; i += 1) {
  matrix.makeTranslation(position[3 * i] ?? 0, position[3 * i + 1] ?? 0, position[3 * i + 2] ?? 0);
  mesh.setMatrixAt(i, matrix);
}
scene.add(mesh);

const COLOURS = [new Color("#8d8d8d"), new Color("#a5a5a5"), new Color("#ff4d40")];
const paint = (): void => {
  for (let i = 0; i < count; i += 1) mesh.setColorAt(i, COLOURS[state[i] ?? 0] ?? new Color());
  if (mesh.instanceColor !== null) mesh.instanceColor.needsUpdate = true;
};
const draw = (): void => {
  renderer.render(scene, camera);
  waitForPicture(renderer.getContext() as WebGL2RenderingContext);
};
let turn = 0;
fillStates(state, turn);
paint();
draw();
const caster = new Raycaster();
window.baseline = {
  firstFrameMs: performance.now(),
  frame: () => timed(draw),
  changeAll: () =>
    timed(() => {
      turn += 1;
      fillStates(state, turn);
      paint();
      draw();
    }),
};
window.naivePick = (x, y) =>
  timed(() => {
    caster.setFromCamera(new Vector2((x / innerWidth) * 2 - 1, 1 - (y / innerHeight) * 2), camera);
    caster.intersectObject(mesh, false);
  });

declare global {
  interface Window {
    /** Picks at a pixel. @returns how long it took, ms */
    naivePick?: (x: number, y: number) => number;
  }
}
