import {
  Color,
  DirectionalLight,
  HemisphereLight,
  PerspectiveCamera,
  Raycaster,
  Scene,
  Vector2,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import type { CameraPose } from "./fit.ts";

const BACKGROUND = "#14181d";
const FOV_DEG = 32;
/** Above this a pixel is too small to see and only costs time. */
const MOST_PIXEL_RATIO = 2;

export interface StageEvents {
  /** After each picture. */
  drawn(): void;
  resized(): void;
  /** The operator moved the camera. */
  moved(): void;
  contextLost(): void;
  contextBack(): void;
}

/** Renderer, camera and light. Draws when asked to, never by itself. */
export interface Stage {
  readonly scene: Scene;
  readonly camera: PerspectiveCamera;
  readonly fovDeg: number;
  /** Pixels of the page. */
  size(): { readonly width: number; readonly height: number };
  invalidate(): void;
  pose(pose: CameraPose): void;
  /** How far the camera may go. */
  limit(nearest: number, farthest: number): void;
  turn(azimuthRad: number, polarRad: number): void;
  zoom(factor: number): void;
  ray(x: number, y: number): Raycaster;
}

/** @throws where the browser cannot give a WebGL2 context */
export function createStage(host: HTMLElement, events: StageEvents): Stage {
  const renderer = new WebGLRenderer({ antialias: true, powerPreference: "low-power" });
  const canvas = renderer.domElement;
  const scene = new Scene();
  scene.background = new Color(BACKGROUND);
  const camera = new PerspectiveCamera(FOV_DEG, 1, 0.5, 4000);
  const sun = new DirectionalLight(0xffffff, 3.2);
  sun.position.set(-0.5, 1, 0.75);
  scene.add(new HemisphereLight(0xffffff, 0x7a848f, 2.6), sun);

  // The labels lie above the canvas inside the host; on the host the controls hear the pointer everywhere.
  const controls = new OrbitControls(camera, host);
  controls.enableDamping = false;
  controls.screenSpacePanning = false;
  controls.minPolarAngle = 0.15;
  controls.maxPolarAngle = 1.45;

  let size = { width: Math.max(1, host.clientWidth), height: Math.max(1, host.clientHeight) };
  let frame = 0;
  let frames = 0;
  let isLost = false;

  const draw = (): void => {
    frame = 0;
    if (isLost) return;
    renderer.render(scene, camera);
    frames += 1;
    canvas.dataset["frames"] = String(frames);
    events.drawn();
  };
  const invalidate = (): void => {
    if (frame === 0) frame = requestAnimationFrame(draw);
  };

  const resize = (): void => {
    size = { width: Math.max(1, host.clientWidth), height: Math.max(1, host.clientHeight) };
    renderer.setPixelRatio(Math.min(devicePixelRatio, MOST_PIXEL_RATIO));
    renderer.setSize(size.width, size.height);
    camera.aspect = size.width / size.height;
    camera.updateProjectionMatrix();
    events.resized();
    invalidate();
  };
  const observer = new ResizeObserver(resize);
  observer.observe(host);

  let isHandled = false;
  controls.addEventListener("start", () => {
    isHandled = true;
  });
  controls.addEventListener("end", () => {
    isHandled = false;
  });
  controls.addEventListener("change", () => {
    if (isHandled) events.moved();
    invalidate();
  });
  canvas.addEventListener("webglcontextlost", (event) => {
    event.preventDefault();
    isLost = true;
    events.contextLost();
  });
  canvas.addEventListener("webglcontextrestored", () => {
    isLost = false;
    events.contextBack();
    invalidate();
  });
  host.prepend(canvas);

  return {
    scene,
    camera,
    fovDeg: FOV_DEG,
    size: () => size,
    invalidate,
    pose({ position, target }) {
      camera.position.set(position.x, position.y, position.z);
      controls.target.set(target.x, target.y, target.z);
      controls.update();
      invalidate();
    },
    limit(nearest, farthest) {
      controls.minDistance = nearest;
      controls.maxDistance = farthest;
    },
    turn(azimuthRad, polarRad) {
      const arm = camera.position.clone().sub(controls.target);
      const polar = Math.acos(arm.y / arm.length()) + polarRad;
      const kept = Math.min(controls.maxPolarAngle, Math.max(controls.minPolarAngle, polar));
      const azimuth = Math.atan2(arm.x, arm.z) + azimuthRad;
      camera.position.setFromSphericalCoords(arm.length(), kept, azimuth).add(controls.target);
      controls.update();
      invalidate();
    },
    zoom(factor) {
      camera.position.sub(controls.target).multiplyScalar(factor).add(controls.target);
      controls.update();
      invalidate();
    },
    ray(x, y) {
      const caster = new Raycaster();
      caster.setFromCamera(new Vector2((x / size.width) * 2 - 1, 1 - (y / size.height) * 2), camera);
      return caster;
    },
  };
}
