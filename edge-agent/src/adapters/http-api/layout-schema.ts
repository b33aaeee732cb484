import { z } from "zod";

const text = z.string().min(1).max(512);
const metres = z.number().min(-100_000).max(100_000);
const size = z.number().positive().max(1000);
const triple = z.tuple([metres, metres, metres]);

/** A file beside the layout, never a path. */
export const MODEL_FILE = /^[\p{L}\p{N}][\p{L}\p{N} ._-]*\.glb$/u;

const kind = z
  .strictObject({
    id: text,
    name: text.optional(),
    unit: text.describe("UCUM code"),
    low: z.number().describe("Values are carried as steps from low to high, heat maps are scaled to them"),
    high: z.number(),
  })
  .describe("What a point measures");

const area = z
  .strictObject({ id: text, name: text, minX: metres, maxX: metres, minZ: metres, maxZ: metres })
  .describe("A floor of the plant; metres, x to the right, z to the front");

const part = z
  .strictObject({
    shape: z.enum(["along-x", "along-z", "box", "upright"]).describe("Cylinders fill their box"),
    at: triple.describe("Centre, from the asset's place on the floor; y is up"),
    size: z.tuple([size, size, size]),
    grey: z.number().min(0).max(1).describe("0 black, 1 white"),
  })
  .describe("A block of a machine's shape");

const point = z
  .strictObject({
    name: text.describe('Its tag is "<asset id>/<name>"'),
    at: triple,
    kind: text.describe("Id of a kind"),
  })
  .describe("Where a value stands on the machine");

const template = z
  .strictObject({
    id: text,
    size: z.tuple([size, size, size]).describe("Width, height and depth, standing on the floor"),
    parts: z.array(part).max(1000),
    points: z.array(point).max(100_000),
    model: z
      .string()
      .max(100)
      .regex(MODEL_FILE, 'must be the name of a .glb file beside the layout, such as "pump.glb"')
      .optional()
      .describe("glTF binary that is drawn in the place of the parts"),
  })
  .describe("A kind of machine with its points");

const asset = z
  .strictObject({
    id: text.describe("site/area/line/cell/asset"),
    name: text.optional(),
    code: text.optional().describe("Plant code, such as KKS 10LAC10AP001"),
    area: text.describe("Id of an area"),
    template: text.describe("Id of a template"),
    at: z.union([z.tuple([metres, metres]), triple]).describe("x, z on the floor; or x, height, z"),
    turn: z.number().min(-360).max(360).optional().describe("Degrees around the upright axis"),
  })
  .describe("A machine of the plant");

export const plantLayout = z
  .strictObject({
    version: z.literal("plant-layout/v1"),
    site: text,
    timeZone: text.optional().describe("IANA name, in which times are shown"),
    kinds: z.array(kind).max(255),
    areas: z.array(area).max(65_535, "are more than 65,535; the feed cannot number them"),
    templates: z.array(template),
    assets: z.array(asset),
  })
  .meta({
    id: "PlantLayout",
    description: "A plant as the twin draws it: templates, assets made after them",
  });
