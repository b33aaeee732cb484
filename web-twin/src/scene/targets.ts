import {
  BufferGeometry,
  Camera,
  GLSL3,
  Mesh,
  RawShaderMaterial,
  RGBAFormat,
  UnsignedByteType,
  type WebGLRenderer,
  WebGLRenderTarget,
} from "three";
import { COPY_FRAGMENT, COPY_VERTEX } from "./shaders.ts";

/** Two pictures beside the screen: the plant alone, and the plant with everything on it. What changes often is drawn anew
 *  over a copy of the first, without the plant's triangles; the screen gets a copy of the second. */
export interface Targets {
  readonly plant: WebGLRenderTarget;
  readonly scene: WebGLRenderTarget;
  resize(width: number, height: number): void;
  /** Colour and depth of the plant into the scene. */
  restore(): void;
  /** Colour of the scene to the screen. */
  present(): void;
  /** RGBA of the scene, from its lower left corner. */
  read(x: number, y: number, width: number, height: number): Uint8Array;
  dispose(): void;
}

/** @param samples of the plant's edges; 0 where drawing is done by the processor: two to three times the cost */
export function createTargets(renderer: WebGLRenderer, samples: number): Targets {
  const gl = renderer.getContext() as WebGL2RenderingContext;
  const options = { format: RGBAFormat, type: UnsignedByteType, depthBuffer: true, generateMipmaps: false };
  const plant = new WebGLRenderTarget(1, 1, { ...options, samples });
  const scene = new WebGLRenderTarget(1, 1, options);

  // Drawn, not copied: browsers keep the screen in another format, and converting copies are the slower ones.
  const material = new RawShaderMaterial({
    glslVersion: GLSL3,
    vertexShader: COPY_VERTEX,
    fragmentShader: COPY_FRAGMENT,
    uniforms: { uPicture: { value: scene.texture } },
    depthTest: false,
    depthWrite: false,
  });
  const sheet = new Mesh(new BufferGeometry(), material);
  sheet.geometry.setDrawRange(0, 3);
  sheet.frustumCulled = false;
  const camera = new Camera();

  // three has no public way to copy depth between targets.
  const bufferOf = (target: WebGLRenderTarget): WebGLFramebuffer => {
    const known = renderer.properties.get(target) as { __webglFramebuffer?: WebGLFramebuffer };
    if (known.__webglFramebuffer === undefined) renderer.initRenderTarget(target);
    const { __webglFramebuffer: made } = renderer.properties.get(target) as {
      __webglFramebuffer?: WebGLFramebuffer;
    };
    if (made === undefined) throw new Error("three made no framebuffer for a render target");
    return made;
  };
  const copy = (from: WebGLRenderTarget, to: WebGLFramebuffer, mask: number): void => {
    const { width, height } = scene;
    const source = bufferOf(from);
    // three forgets that binding both at once also changes what is read from: said twice, it must do it.
    renderer.state.bindFramebuffer(gl.READ_FRAMEBUFFER, null);
    renderer.state.bindFramebuffer(gl.READ_FRAMEBUFFER, source);
    renderer.state.bindFramebuffer(gl.DRAW_FRAMEBUFFER, to);
    gl.blitFramebuffer(0, 0, width, height, 0, 0, width, height, mask, gl.NEAREST);
  };

  /** Ten times as fast as copying a rectangle where the processor draws. */
  const copyColour = (): void => {
    const { __webglTexture: texture } = renderer.properties.get(scene.texture) as {
      __webglTexture?: WebGLTexture;
    };
    if (texture === undefined) throw new Error("three made no texture for a render target");
    renderer.state.bindFramebuffer(gl.FRAMEBUFFER, bufferOf(plant));
    renderer.state.bindTexture(gl.TEXTURE_2D, texture);
    gl.copyTexSubImage2D(gl.TEXTURE_2D, 0, 0, 0, 0, 0, scene.width, scene.height);
  };

  return {
    plant,
    scene,
    resize(width, height) {
      plant.setSize(width, height);
      scene.setSize(width, height);
    },
    restore() {
      const into = bufferOf(scene);
      if (samples === 0) copyColour();
      copy(plant, into, samples === 0 ? gl.DEPTH_BUFFER_BIT : gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    },
    present() {
      renderer.setRenderTarget(null);
      renderer.render(sheet, camera);
    },
    read(x, y, width, height) {
      const pixels = new Uint8Array(4 * width * height);
      renderer.readRenderTargetPixels(scene, x, y, width, height, pixels);
      return pixels;
    },
    dispose() {
      plant.dispose();
      scene.dispose();
      material.dispose();
      sheet.geometry.dispose();
    },
  };
}
