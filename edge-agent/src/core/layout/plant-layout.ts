/** A plant as the twin draws it: few templates, many assets made after them. 100,000 points take some 70 KB of JSON. */
export interface PlantLayout {
  readonly version: "plant-layout/v1";
  readonly site: string;
  /** IANA name, "Asia/Shanghai": in which times are shown; the browser's own where absent. */
  readonly timeZone?: string | undefined;
  readonly kinds: readonly PointKind[];
  readonly areas: readonly LayoutArea[];
  readonly templates: readonly LayoutTemplate[];
  readonly assets: readonly LayoutAsset[];
}

/** What a point measures: how its values are carried and coloured. */
export interface PointKind {
  readonly id: string;
  readonly name?: string | undefined;
  /** UCUM code. */
  readonly unit: string;
  /** Engineering range: carried values are quantised to it, heat maps are scaled to it. */
  readonly low: number;
  readonly high: number;
}

/** A floor of the plant. Metres; x to the right, z to the front. */
export interface LayoutArea {
  readonly id: string;
  readonly name: string;
  readonly minX: number;
  readonly maxX: number;
  readonly minZ: number;
  readonly maxZ: number;
}

export type Triple = readonly [number, number, number];

/** A block of a machine's shape: size along x, y and z (metres) around its centre. */
export interface LayoutPart {
  /** Cylinders stand along y ("upright"), x or z and fill their box. */
  readonly shape: "along-x" | "along-z" | "box" | "upright";
  /** Centre, from the asset's place on the floor; y is up. */
  readonly at: Triple;
  readonly size: Triple;
  /** 0 black .. 1 white. */
  readonly grey: number;
}

export interface TemplatePoint {
  /** The tag of it is "<asset id>/<name>". */
  readonly name: string;
  readonly at: Triple;
  /** Id of a kind. */
  readonly kind: string;
}

export interface LayoutTemplate {
  readonly id: string;
  /** Width (x), height (y) and depth (z) of the whole, standing on the floor around the asset's place. */
  readonly size: Triple;
  readonly parts: readonly LayoutPart[];
  readonly points: readonly TemplatePoint[];
  /** File of a glTF binary beside the layout, drawn in the place of the parts once it has come. */
  readonly model?: string | undefined;
}

export interface LayoutAsset {
  /** The asset path with its site: "demo-plant/utilities/cooling/cell-1/pump-1". */
  readonly id: string;
  readonly name?: string | undefined;
  /** Plant code, e.g. KKS "10LAC10AP001". */
  readonly code?: string | undefined;
  /** Id of an area. */
  readonly area: string;
  readonly template: string;
  /** Place on the floor: x, z, and height above it where it stands on something. */
  readonly at: readonly [number, number] | Triple;
  /** Degrees around the upright axis. */
  readonly turn?: number | undefined;
}
