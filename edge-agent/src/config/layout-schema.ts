import type { PlantLayout } from "../core/layout/plant-layout.ts";
import type { Report } from "./problem.ts";

/** The feed carries more, but no screen of today shows them at once. */
const MOST_POINTS = 2_000_000;

/** What a layout contradicts itself in, beyond its shape; `warn` for what can be drawn all the same. */
export function checkLayout(layout: PlantLayout, report: Report, warn: Report): void {
  const kinds = idsOf("kinds", "kind", layout.kinds, report);
  const areas = idsOf("areas", "area", layout.areas, report);
  idsOf("templates", "template", layout.templates, report);
  idsOf("assets", "asset", layout.assets, report);
  for (const [i, { id, low, high }] of layout.kinds.entries())
    if (low >= high) report(["kinds", i, "high"], `must be above low (${low}), or "${id}" has no range`);
  for (const [i, { minX, maxX, minZ, maxZ }] of layout.areas.entries()) {
    if (minX >= maxX) report(["areas", i, "maxX"], `must be above minX (${minX})`);
    if (minZ >= maxZ) report(["areas", i, "maxZ"], `must be above minZ (${minZ})`);
  }
  const counts = checkTemplates(layout, kinds, report, warn);
  let points = 0;
  for (const [i, { area, template }] of layout.assets.entries()) {
    if (!areas.has(area)) report(["assets", i, "area"], `there is no area "${area}"`);
    const count = counts.get(template);
    if (count === undefined) report(["assets", i, "template"], `there is no template "${template}"`);
    points += count ?? 0;
  }
  if (points > MOST_POINTS)
    report(["assets"], `have ${points} points together; more than ${MOST_POINTS} cannot be shown`);
}

/** Ids that may be named elsewhere. */
function idsOf(
  list: string,
  what: string,
  items: readonly { readonly id: string }[],
  report: Report,
): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const [i, { id }] of items.entries()) {
    if (ids.has(id)) report([list, i, "id"], `"${id}" is the id of another ${what}; each needs its own`);
    ids.add(id);
  }
  return ids;
}

/** @returns points of each template, by its id */
function checkTemplates(
  { templates }: PlantLayout,
  kinds: ReadonlySet<string>,
  report: Report,
  warn: Report,
): ReadonlyMap<string, number> {
  for (const [t, { points, size }] of templates.entries()) {
    const names = new Set<string>();
    for (const [p, { name, kind, at }] of points.entries()) {
      const path = ["templates", t, "points", p];
      if (names.has(name))
        report([...path, "name"], `"${name}" is the name of another point of this template`);
      names.add(name);
      if (name.includes("/")) report([...path, "name"], 'must be a name without "/"');
      if (!kinds.has(kind)) report([...path, "kind"], `there is no kind "${kind}"`);
      const [x, y, z] = at;
      const isInside = Math.abs(x) <= size[0] / 2 && y >= 0 && y <= size[1] && Math.abs(z) <= size[2] / 2;
      if (!isInside) warn([...path, "at"], `lies outside its template, which is ${size.join(" x ")} m`);
    }
  }
  return new Map(templates.map(({ id, points }) => [id, points.length]));
}
