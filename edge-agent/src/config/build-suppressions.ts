import { hasAlarmLimit } from "../core/limits.ts";
import type { Machine } from "../core/machine.ts";
import type { Suppression, SuppressRule } from "../core/suppress-rule.ts";
import { pathText, type Tag } from "../core/tag.ts";
import type { SuppressFile } from "./alarm-schema.ts";
import type { Report } from "./problem.ts";
import type { AgentFile } from "./schema.ts";

/** What the design suppresses and while what holds; a rule that looks at a tag that is not there is reported. */
export function buildSuppressions(
  file: AgentFile,
  tags: readonly Tag[],
  machines: readonly Machine[],
  report: Report,
): Suppression[] {
  const known = new Set(tags.map(({ id }) => id));
  const limited = Map.groupBy(
    tags.filter(({ limits }) => limits !== undefined && hasAlarmLimit(limits)),
    ({ path }) => pathText(path),
  );

  function rule(given: SuppressFile, asset: string, at: readonly PropertyKey[]): SuppressRule {
    const tag = given.tag.includes("/") ? `${file.site}/${given.tag}` : `${asset}/${given.tag}`;
    if (!known.has(tag)) report([...at, "suppressWhile", "tag"], `there is no tag "${tag}" to look at`);
    return { ...given, tag };
  }

  const ofMachines = (file.machines ?? []).flatMap(({ asset, suppressWhile }, i): Suppression[] => {
    if (suppressWhile === undefined) return [];
    const id = `${file.site}/${asset}`;
    const sensors = machines.find((one) => one.id === id)?.sensors ?? [];
    const sources = [...sensors, ...(limited.get(id) ?? [])].map((one) => one.id);
    return [{ rule: rule(suppressWhile, id, ["machines", i]), sources, machine: id }];
  });
  const ofTags = file.devices.flatMap(({ groups }, d) =>
    groups.flatMap((group, g) =>
      group.tags.flatMap(({ asset, name, suppressWhile, limits }, t): Suppression[] => {
        if (suppressWhile === undefined) return [];
        const at = ["devices", d, "groups", g, "tags", t];
        if (limits === undefined)
          report([...at, "suppressWhile"], "has no limits to be silent about; add them or remove it");
        const id = `${file.site}/${asset}`;
        return [{ rule: rule(suppressWhile, id, at), sources: [`${id}/${name}`] }];
      }),
    ),
  );
  return [...ofMachines, ...ofTags];
}
