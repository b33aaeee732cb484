import type { Plugin } from "vite";

const LIGHTS = [
  ...["sun", "directional", "spot", "point"].flatMap((light) => [
    light,
    `${light}Shadow`,
    `${light}ShadowMap`,
  ]),
  ...["rectArea", "hemi", "probe", "ambient", "spotLightMap", "spotLightMatrix"],
  ...["sunShadowMatrix", "sunShadowCascade", "directionalShadowMatrix", "pointShadowMatrix"],
];

/** Parts of three that this page never runs: it draws with raw shaders of its own (scene/materials.ts), without lights,
 *  clipping planes, backgrounds, images of surroundings, shadows or headsets. Tree-shaking cannot tell, as the renderer refers to all of them. */
const UNUSED: readonly { readonly file: RegExp; readonly code: string }[] = [
  // Texts of the shaders of three's own materials, 140 KB of them.
  { file: /\/shaders\/Shader(Chunk|Lib)\/[^/]+\.glsl\.js$/, code: "" },
  { file: /\/shaders\/ShaderChunk\.js$/, code: "export const ShaderChunk = {};" },
  { file: /\/shaders\/ShaderLib\.js$/, code: "export const ShaderLib = {};" },
  {
    file: /\/webgl\/WebGLLights\.js$/,
    code: `export function WebGLLights() {
      const state = { version: 0, numSpotLightShadowsWithMaps: 0, numLightProbes: 0 };
      for (const light of ${JSON.stringify(LIGHTS)}) state[light] = [];
      return { state, setup() {}, setupView() {} };
    }`,
  },
  {
    file: /\/webgl\/WebGLMaterials\.js$/,
    code: `export function WebGLMaterials() {
      return {
        refreshFogUniforms() {},
        refreshMaterialUniforms(_, material) { material.uniformsNeedUpdate = false; },
      };
    }`,
  },
  {
    file: /\/webgl\/WebGLBackground\.js$/,
    code: "export function WebGLBackground() { return { render() {}, addToRenderList() {}, dispose() {} }; }",
  },
  {
    file: /\/webgl\/WebGLClipping\.js$/,
    code: `export function WebGLClipping() {
      return { uniform: { value: null }, numPlanes: 0, numIntersection: 0, init: () => false };
    }`,
  },
  { file: /\/shaders\/DFGLUTData\.js$/, code: "export const getDFGLUT = () => null;" },
  { file: /\/extras\/PMREMGenerator\.js$/, code: "export class PMREMGenerator { dispose() {} }" },
  {
    file: /\/webxr\/WebXRManager\.js$/,
    code: `export class WebXRManager {
      enabled = false;
      isPresenting = false;
      addEventListener() {}
      removeEventListener() {}
      setAnimationLoop() {}
      getEnvironmentBlendMode() {}
      dispose() {}
    }`,
  },
  {
    file: /\/webgl\/WebGLShadowMap\.js$/,
    code: "export function WebGLShadowMap() { this.enabled = false; this.render = () => {}; }",
  },
  { file: /\/webgl\/WebGLOutput\.js$/, code: "export class WebGLOutput {}" },
  {
    file: /\/webgl\/WebGLEnvironments\.js$/,
    code: "export function WebGLEnvironments() { return { get: (texture) => texture, dispose() {} }; }",
  },
  {
    file: /\/webgl\/WebGLMorphtargets\.js$/,
    code: "export function WebGLMorphtargets() { return { update() {} }; }",
  },
  {
    file: /\/webgl\/WebGLUniformsGroups\.js$/,
    code: "export function WebGLUniformsGroups() { return { bind() {}, update() {}, dispose() {} }; }",
  },
];
const SHADER_TEXT = /\/ShaderLib\/[^/]+\.glsl\.js$/;

/** three by its single files, without those that the page never runs: some 50 KB gzip less. */
export function slimThree(): Plugin {
  return {
    name: "slim-three",
    enforce: "pre",
    config: () => ({ resolve: { alias: [{ find: /^three$/, replacement: "three/src/Three.js" }] } }),
    load: {
      filter: { id: /\/three\/src\// },
      handler(id) {
        const unused = UNUSED.find(({ file }) => file.test(id));
        if (unused === undefined) return null;
        if (unused.code !== "") return unused.code;
        const empty = 'export const vertex = ""; export const fragment = "";';
        return SHADER_TEXT.test(id) ? empty : 'export default "";';
      },
    },
  };
}

/** Each part's words in all languages stand in one file, so that they are kept together; a page gets those of one. */
export function splitMessages(): Plugin {
  const CATALOGUE = /\/i18n\/(en|zh-cn)\.ts$/;
  return {
    name: "split-messages",
    enforce: "pre",
    resolveId: {
      filter: { id: /-messages\.ts$/ },
      async handler(source, importer) {
        const language = CATALOGUE.exec(importer ?? "")?.[1];
        if (language === undefined) return null;
        const found = await this.resolve(source, importer, { skipSelf: true });
        return found === null ? null : `${found.id}?${language}`;
      },
    },
  };
}
