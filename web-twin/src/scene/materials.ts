import { GLSL3, Matrix4, RawShaderMaterial, Vector2, Vector3 } from "three";
import type { Palette } from "../state/store.ts";
import {
  GLYPH_COLOURS,
  GLYPH_SHAPES,
  type GlyphShape,
  type GlyphSize,
  POINT_SIZES,
  ROLL_UP_SIZES,
} from "./glyph.ts";
import { HEAT_RAMP } from "./heat.ts";
import type { Lens } from "./lens.ts";
import { channels, SCENE_COLOURS } from "./palette.ts";
import {
  GLYPH_FRAGMENT,
  GLYPH_VERTEX,
  MARK_FRAGMENT,
  MARK_VERTEX,
  PLAIN_FRAGMENT,
  PLAIN_PULL,
  PLAIN_VERTEX,
  PLANT_FRAGMENT,
  PLANT_VERTEX,
} from "./shaders.ts";

/** One kind of glyph: as plain squares without and with an outline, and with whatever marks there are. */
export interface GlyphMaterials {
  readonly dots: RawShaderMaterial;
  readonly squares: RawShaderMaterial;
  readonly marked: RawShaderMaterial;
}

/** All that the shaders are told. */
export interface Materials {
  readonly floor: RawShaderMaterial;
  readonly equipment: RawShaderMaterial;
  readonly mark: RawShaderMaterial;
  readonly point: GlyphMaterials;
  readonly rollUp: GlyphMaterials;
  setPalette(palette: Palette): void;
  setLens(lens: Lens, pixelRatio: number): void;
  /** @param isSteady a ring in the place of blinking */
  setMotion(isSteady: boolean): void;
  setPhase(isOff: boolean): void;
  setStale(isStale: boolean): void;
  setHeat(isOn: boolean): void;
  dispose(): void;
}

const vector = (colour: string): Vector3 => new Vector3(...channels(colour));
const columns = (colours: readonly string[]): Float32Array<ArrayBuffer> =>
  Float32Array.from(colours.flatMap(channels));
const sizes = (of: Readonly<Record<GlyphShape, GlyphSize>>): Float32Array =>
  Float32Array.from(GLYPH_SHAPES.flatMap((shape) => [of[shape].least, of[shape].most, of[shape].metres]));

export function createMaterials(): Materials {
  const plain = (vertexShader: string, fragmentShader: string): RawShaderMaterial =>
    new RawShaderMaterial({ glslVersion: GLSL3, vertexShader, fragmentShader });
  const grey = (): RawShaderMaterial => {
    const material = plain(PLANT_VERTEX, PLANT_FRAGMENT);
    material.uniforms = { uShade: { value: new Vector3() }, uLight: { value: new Vector3() } };
    return material;
  };
  // Both kinds of glyph see the same values, and each its own sizes.
  const shared = {
    uBoth: { value: new Matrix4() },
    uDepth: { value: new Vector2() },
    uScale: { value: 1 },
    uFlat: { value: 0 },
    uPixelRatio: { value: 1 },
    uSteady: { value: 0 },
    uPhase: { value: 0 },
    uStale: { value: 0 },
    uHeat: { value: 0 },
    uColours: { value: new Float32Array(3 * GLYPH_COLOURS.length) },
    uRamp: { value: columns(HEAT_RAMP) },
    uOutline: { value: new Vector3() },
    uSelected: { value: new Vector3() },
    uStaleColour: { value: new Vector3() },
  };
  const glyphs = (of: Readonly<Record<GlyphShape, GlyphSize>>): GlyphMaterials => {
    const made = {
      dots: plain(PLAIN_VERTEX, PLAIN_FRAGMENT),
      squares: plain(PLAIN_VERTEX, PLAIN_FRAGMENT),
      marked: plain(GLYPH_VERTEX, GLYPH_FRAGMENT),
    };
    made.squares.defines = { FRAMED: 1 };
    for (const material of Object.values(made))
      material.uniforms = { ...shared, uSizes: { value: sizes(of) } };
    return made;
  };
  const floor = grey();
  const equipment = grey();
  const mark = plain(MARK_VERTEX, MARK_FRAGMENT);
  const point = glyphs(POINT_SIZES);
  const rollUp = glyphs(ROLL_UP_SIZES);
  const setGrey = ({ uniforms }: RawShaderMaterial, shade: string, light: string): void => {
    const { uShade, uLight } = uniforms;
    if (uShade !== undefined) uShade.value = vector(shade);
    if (uLight !== undefined) uLight.value = vector(light);
  };

  return {
    floor,
    equipment,
    mark,
    point,
    rollUp,
    setPalette(palette) {
      const colours = SCENE_COLOURS[palette];
      setGrey(floor, colours.kerb, colours.floor);
      setGrey(equipment, colours.shade, colours.light);
      shared.uColours.value = columns(GLYPH_COLOURS.map((name) => colours[name]));
      shared.uOutline.value = vector(colours.outline);
      shared.uSelected.value = vector(colours.selected);
      shared.uStaleColour.value = vector(colours.stale);
    },
    setLens(lens, pixelRatio) {
      const [depthScale = 0, depthShift = 0] = [lens.projection[10], lens.projection[14]];
      shared.uBoth.value.fromArray(lens.both);
      if (lens.isFlat) shared.uDepth.value.set(PLAIN_PULL * depthScale, 0);
      else shared.uDepth.value.set(-depthScale, depthShift);
      shared.uScale.value = lens.scale;
      shared.uFlat.value = lens.isFlat ? 1 : 0;
      shared.uPixelRatio.value = pixelRatio;
    },
    setMotion(isSteady) {
      shared.uSteady.value = isSteady ? 1 : 0;
    },
    setPhase(isOff) {
      shared.uPhase.value = isOff ? 1 : 0;
    },
    setStale(isStale) {
      shared.uStale.value = isStale ? 1 : 0;
    },
    setHeat(isOn) {
      shared.uHeat.value = isOn ? 1 : 0;
    },
    dispose() {
      for (const material of [...[floor, equipment, mark], ...Object.values(point), ...Object.values(rollUp)])
        material.dispose();
    },
  };
}
