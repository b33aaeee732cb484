import { Camera, ColorManagement, Matrix4, type Scene, WebGLRenderer, type WebGLRenderTarget } from "three";
import type { Timers } from "../stream/timers.ts";
import { createDrawClock, type DrawClock } from "./draw-clock.ts";
import type { Lens } from "./lens.ts";
import type { Level } from "./level.ts";
import { channels } from "./palette.ts";
import { createTargets, type Targets } from "./targets.ts";

/** What is drawn into which picture. */
export interface Layers {
  /** Floors and equipment. */
  readonly plant: Scene;
  /** What lies over them. */
  readonly over: Scene;
  /** Only those glyphs that changed, over their old selves. */
  readonly changed: Scene;
}

export interface StageDeps {
  readonly timers: Timers;
  /** Chosen by what draws where it is absent. */
  readonly samples?: number | undefined;
  readonly contextLost: () => void;
  readonly contextBack: () => void;
  /** A picture stands on the screen. */
  readonly shown: (level: Level, ms: number) => void;
}

/** The drawing surface: renderer, targets, camera. It draws when told to, never by itself. */
export interface Stage {
  readonly canvas: HTMLCanvasElement;
  readonly isSoftware: boolean;
  readonly clock: DrawClock;
  readonly targets: Targets;
  /** Pixels of the screen by pixels of the page. */
  pixelRatio(): number;
  isLost(): boolean;
  /** Pixels of the page. */
  resize(width: number, height: number): void;
  setGround(colour: string): void;
  setLens(lens: Lens): void;
  draw(level: Level, layers: Layers): void;
  /** Draws everything as the first picture is drawn, but shows nothing of it. */
  warm(layers: Layers): void;
  /** Waits until all is drawn, for measuring. */
  finish(): void;
  drawCalls(): number;
  /** Tests take the context away and give it back. */
  readonly contextLoss: { loseContext(): void; restoreContext(): void };
  dispose(): void;
}

/** Above this a pixel is too small to see and only costs time. */
const MOST_PIXEL_RATIO = 2;
const SAMPLES = 4;

/** Whether the processor draws in the place of a graphics card. */
export function drawsInSoftware(gl: WebGL2RenderingContext): boolean {
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const name: unknown = gl.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER);
  return /swiftshader|llvmpipe|softpipe|basic render|software/i.test(String(name));
}

/** @throws where the browser cannot give a WebGL2 context */
export function createStage(deps: StageDeps): Stage {
  // Colours are meant as the screen shows them; nothing is to be converted.
  ColorManagement.enabled = false;
  // Edges are smoothed in the plant's own target: the screen only gets a copy.
  const renderer = new WebGLRenderer({ antialias: false, alpha: false, depth: false, stencil: false });
  renderer.autoClear = false;
  renderer.sortObjects = false;
  renderer.info.autoReset = false;
  const canvas = renderer.domElement;
  const gl = renderer.getContext() as WebGL2RenderingContext;
  const isSoftware = drawsInSoftware(gl);
  const samples = deps.samples ?? (isSoftware ? 0 : SAMPLES);
  const targets = createTargets(renderer, samples);
  const clock = createDrawClock(gl, deps.timers, deps.shown);
  const camera = new Camera();
  camera.matrixAutoUpdate = false;
  camera.matrixWorldAutoUpdate = false;
  let ground: readonly [number, number, number] = [0, 0, 0];
  let pixelRatio = 1;
  let isLost = false;
  let calls = 0;
  /** The plant's own target shows it from where the camera stands. */
  let isKept = false;

  const lost = (event: Event): void => {
    event.preventDefault();
    isLost = true;
    clock.forget();
    deps.contextLost();
  };
  const back = (): void => {
    isLost = false;
    isKept = false;
    deps.contextBack();
  };
  canvas.addEventListener("webglcontextlost", lost);
  canvas.addEventListener("webglcontextrestored", back);

  const paintPlant = (into: WebGLRenderTarget, plant: Scene): void => {
    renderer.setRenderTarget(into);
    renderer.state.buffers.color.setClear(...ground, 1, false);
    renderer.clear(true, true, false);
    renderer.render(plant, camera);
  };
  const paint = (level: Level, { plant, over, changed }: Layers): void => {
    const isMoving = level === "everything" && samples === 0;
    if (isMoving) {
      // A moving camera needs no picture of the plant alone: the next picture after it makes one.
      paintPlant(targets.scene, plant);
      isKept = false;
    } else if (level !== "changed") {
      if (level === "everything" || !isKept) paintPlant(targets.plant, plant);
      isKept = true;
      targets.restore();
    }
    renderer.setRenderTarget(targets.scene);
    renderer.render(level === "changed" ? changed : over, camera);
    targets.present();
  };

  return {
    canvas,
    isSoftware,
    clock,
    targets,
    pixelRatio: () => pixelRatio,
    isLost: () => isLost,
    resize(width, height) {
      pixelRatio = isSoftware ? 1 : Math.min(globalThis.devicePixelRatio, MOST_PIXEL_RATIO);
      renderer.setPixelRatio(pixelRatio);
      renderer.setSize(width, height);
      targets.resize(canvas.width, canvas.height);
    },
    setGround(colour) {
      ground = channels(colour);
    },
    setLens(lens) {
      camera.matrixWorldInverse.fromArray(lens.view);
      camera.matrixWorld.copy(new Matrix4().fromArray(lens.view)).invert();
      camera.projectionMatrix.fromArray(lens.projection);
      camera.projectionMatrixInverse.copy(camera.projectionMatrix).invert();
    },
    draw(level, layers) {
      if (isLost || level === "none") return;
      renderer.info.reset();
      clock.start(level);
      paint(level, layers);
      calls = renderer.info.render.calls;
      clock.submitted();
    },
    warm({ plant, over }) {
      paintPlant(targets.scene, plant);
      renderer.render(over, camera);
      renderer.clear(true, true, false);
      targets.present();
      gl.flush();
    },
    finish() {
      targets.read(0, 0, 1, 1);
    },
    drawCalls: () => calls,
    contextLoss: {
      loseContext: () => renderer.forceContextLoss(),
      restoreContext: () => renderer.forceContextRestore(),
    },
    dispose() {
      canvas.removeEventListener("webglcontextlost", lost);
      canvas.removeEventListener("webglcontextrestored", back);
      clock.forget();
      targets.dispose();
      renderer.dispose();
      canvas.remove();
    },
  };
}
