import { Matrix4, PerspectiveCamera, Vector3 } from "three";
import { extentOf, fetchPositions, fillStates, timed, waitForPicture } from "./page.ts";

// Points by WebGL2 alone: what no library can beat. (three only computes the camera's matrix.)
const VERTEX = `#version 300 es
in vec3 position; in float state; uniform mat4 view; out vec3 colour;
void main() {
  gl_Position = view * vec4(position, 1.0);
  gl_PointSize = state > 1.5 ? 6.0 : 3.0;
  colour = state > 1.5 ? vec3(1.0, 0.3, 0.25) : vec3(0.55 + 0.1 * state);
}`;
const FRAGMENT = `#version 300 es
precision mediump float; in vec3 colour; out vec4 pixel;
void main() { pixel = vec4(colour, 1.0); }`;

const canvas = document.createElement("canvas");
canvas.width = innerWidth;
canvas.height = innerHeight;
document.body.append(canvas);
const gl = canvas.getContext("webgl2", { antialias: false });
if (gl === null) throw new Error("no WebGL2 here");

function compiled(context: WebGL2RenderingContext, kind: number, source: string): WebGLShader {
  const shader = context.createShader(kind);
  if (shader === null) throw new Error("no shader here");
  context.shaderSource(shader, source);
  context.compileShader(shader);
  return shader;
}

const program = gl.createProgram();
gl.attachShader(program, compiled(gl, gl.VERTEX_SHADER, VERTEX));
gl.attachShader(program, compiled(gl, gl.FRAGMENT_SHADER, FRAGMENT));
gl.linkProgram(program);
gl.useProgram(program);

const position = await fetchPositions();
const count = position.length / 3;
const state = new Uint8Array(count);
fillStates(state, 0);

const buffer = (name: string, data: AllowSharedBufferSource, size: number, type: number): WebGLBuffer => {
  const made = gl.createBuffer();
  const at = gl.getAttribLocation(program, name);
  gl.bindBuffer(gl.ARRAY_BUFFER, made);
  gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
  gl.enableVertexAttribArray(at);
  gl.vertexAttribPointer(at, size, type, false, 0, 0);
  return made;
};
buffer("position", position, 3, gl.FLOAT);
const states = buffer("state", state, 1, gl.UNSIGNED_BYTE);

const { middle, reach } = extentOf(position);
const camera = new PerspectiveCamera(32, innerWidth / innerHeight, 1, reach * 4);
camera.position.set(middle[0] + reach * 0.2, reach * 0.9, middle[2] + reach);
camera.lookAt(new Vector3(...middle));
camera.updateMatrixWorld();
const matrix = new Matrix4().multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse);
gl.uniformMatrix4fv(gl.getUniformLocation(program, "view"), false, matrix.elements);
gl.enable(gl.DEPTH_TEST);
gl.viewport(0, 0, canvas.width, canvas.height);

const draw = (): void => {
  gl.clearColor(0.08, 0.09, 0.11, 1);
  gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
  gl.drawArrays(gl.POINTS, 0, count);
  waitForPicture(gl);
};
let turn = 0;
draw();
window.baseline = {
  firstFrameMs: performance.now(),
  frame: () => timed(draw),
  changeAll: () =>
    timed(() => {
      turn += 1;
      fillStates(state, turn);
      gl.bindBuffer(gl.ARRAY_BUFFER, states);
      gl.bufferSubData(gl.ARRAY_BUFFER, 0, state);
      draw();
    }),
};
