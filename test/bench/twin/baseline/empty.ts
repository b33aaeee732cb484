import { Color, PerspectiveCamera, Scene, WebGLRenderer } from "three";
import { timed, waitForPicture } from "./page.ts";

// The least that a page with three can do: what of the first picture's time is the library's.
const renderer = new WebGLRenderer({ antialias: false });
renderer.setSize(innerWidth, innerHeight);
document.body.append(renderer.domElement);
const scene = new Scene();
scene.background = new Color("#14181d");
const camera = new PerspectiveCamera(32, innerWidth / innerHeight);
const draw = (): void => {
  renderer.render(scene, camera);
  waitForPicture(renderer.getContext() as WebGL2RenderingContext);
};
draw();
window.baseline = { firstFrameMs: performance.now(), frame: () => timed(draw), changeAll: () => timed(draw) };
