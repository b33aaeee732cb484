import type { AddressUse } from "../adapters/modbus/address-use.ts";
import type { Machine, Sensor } from "../core/machine.ts";
import type { Suppression } from "../core/suppress-rule.ts";
import { type AssetPath, pathText, type Tag } from "../core/tag.ts";
import type { ScanGroup, ScanPlan, WaveformSource } from "../ports/driver.ts";
import type { AddressKind } from "../ports/identify.ts";
import { kindOfAddress } from "./address-kind.ts";
import { buildSuppressions } from "./build-suppressions.ts";
import type { Report } from "./problem.ts";
import { addressProblem, addressWarning } from "./protocols.ts";
import type { AgentFile, DeviceFile, MachineFile, SensorFile, TagFile, WaveformFile } from "./schema.ts";
import { createUnits, type Units } from "./units.ts";

/** One device: what to read and how to reach it. */
export interface DeviceConfig {
  readonly plan: ScanPlan;
  readonly device: DeviceFile;
}

export interface PlantConfig {
  readonly devices: readonly DeviceConfig[];
  readonly tags: readonly Tag[];
  readonly waveforms: readonly WaveformSource[];
  readonly machines: readonly Machine[];
  readonly suppressions: readonly Suppression[];
}

interface Build {
  readonly file: AgentFile;
  readonly report: Report;
  /** For what is not wrong and still worth knowing. */
  readonly warn: Report;
  readonly units: Units;
  readonly tags: Tag[];
  readonly waveforms: WaveformSource[];
  /** The device that each id was first used with. */
  readonly ids: Map<string, string>;
  /** By asset id: thousands of tags share a path. */
  readonly assets: Map<string, Asset>;
}

interface Asset {
  readonly id: string;
  readonly path: AssetPath;
  /** Ids of its tags. */
  readonly tags: string[];
}

/** Tags, waveforms and machines of a configuration whose shape is right; what contradicts itself is reported. */
export function buildPlant(file: AgentFile, report: Report, warn: Report): PlantConfig {
  const build: Build = {
    file,
    report,
    warn,
    units: createUnits(),
    tags: [],
    waveforms: [],
    ids: new Map(),
    assets: new Map(),
  };
  const names = new Set<string>();
  const devices = file.devices.map((device, i) => {
    if (names.has(device.name))
      report(["devices", i, "name"], `"${device.name}" is the name of another device; each needs its own`);
    names.add(device.name);
    return { device, plan: buildPlan(build, device, i) };
  });
  const { tags, waveforms } = build;
  const machines = buildMachines(build);
  return {
    devices,
    tags,
    waveforms,
    machines,
    suppressions: buildSuppressions(file, tags, machines, report),
  };
}

function buildPlan(build: Build, file: DeviceFile, at: number): ScanPlan {
  const device = { file, kind: file.protocol === "auto" ? kindOf(file) : undefined };
  const tags: Tag[] = [];
  const waveforms: WaveformSource[] = [];
  const groups: ScanGroup[] = file.groups.map((group, g) => {
    const path = ["devices", at, "groups", g];
    const tagIndices = group.tags.map(
      (entry, t) => tags.push(buildTag(build, device, entry, [...path, "tags", t])) - 1,
    );
    const waveformIndices = group.waveforms.map(
      (entry, w) => waveforms.push(buildWaveform(build, device, entry, [...path, "waveforms", w])) - 1,
    );
    return { name: group.name, periodMs: group.periodMs, tags: tagIndices, waveforms: waveformIndices };
  });
  // Not spread: a call has no room for a hundred thousand arguments.
  for (const tag of tags) build.tags.push(tag);
  for (const waveform of waveforms) build.waveforms.push(waveform);
  return { device: file.name, protocol: file.protocol, tags, waveforms, groups };
}

/** The notation of the first address that is in one. */
function kindOf(file: DeviceFile): AddressKind | undefined {
  for (const { tags, waveforms } of file.groups) {
    for (const { address } of [...tags, ...waveforms]) {
      const kind = kindOfAddress(address);
      if (kind !== undefined) return kind;
    }
  }
  return undefined;
}

/** A device while its plan is built. */
interface Device {
  readonly file: DeviceFile;
  /** Of its addresses, where its protocol is left open. */
  readonly kind: AddressKind | undefined;
}

function buildTag(
  build: Build,
  device: Device,
  entry: TagFile,
  at: readonly PropertyKey[],
  use: AddressUse = { kind: "tag" },
): Tag {
  const { id: asset, path, tags } = assetOf(build, entry.asset);
  const id = `${asset}/${entry.name}`;
  const first = build.ids.get(id);
  if (first !== undefined)
    build.report(
      [...at, "name"],
      `"${id}" is already the tag of device "${first}"; names within an asset must differ`,
    );
  build.ids.set(id, device.file.name);
  if (use.kind === "tag") tags.push(id);
  checkUnit(build, entry.unit, at);
  checkAddress(build, device, entry.address, use, at, "address");
  if (entry.limits !== undefined && isText(entry.address))
    build.report(
      [...at, "limits"],
      `the values of "${entry.address}" are text; only numbers can have limits`,
    );
  return {
    id,
    path,
    name: entry.name,
    device: device.file.name,
    protocol: device.file.protocol,
    address: entry.address,
    unit: entry.unit,
    scale: entry.scale,
    offset: entry.offset,
    ...(entry.deadband !== undefined && { deadband: entry.deadband }),
    ...(entry.limits && { limits: entry.limits }),
  };
}

/** Of an S7 address, "DB1,STRING0.20"; other notations tell only with the values. */
const isText = (address: string): boolean => /^DB\d+,(W?STRING|CHAR)/i.test(address);

function buildWaveform(
  build: Build,
  device: Device,
  entry: WaveformFile,
  at: readonly PropertyKey[],
): WaveformSource {
  const use = { kind: "waveform", samples: entry.samples } as const;
  const tag = buildTag(
    build,
    device,
    { ...entry, deadband: undefined, limits: undefined, suppressWhile: undefined },
    at,
    use,
  );
  checkAddress(build, device, entry.sequence, { kind: "sequence" }, at, "sequence");
  return {
    ...tag,
    sampleRateHz: entry.sampleRateHz,
    samples: entry.samples,
    sequenceAddress: entry.sequence,
  };
}

function checkUnit(build: Build, unit: string, at: readonly PropertyKey[]): void {
  const problem = build.units.problem(unit);
  if (problem !== undefined) build.report([...at, "unit"], problem);
}

function checkAddress(
  build: Build,
  { file, kind }: Device,
  address: string,
  use: AddressUse,
  entry: readonly PropertyKey[],
  key: string,
): void {
  const problem = addressProblem(file, address, use, kind);
  const warning = problem === undefined ? addressWarning(file, address) : undefined;
  if (warning !== undefined) build.warn([...entry, key], `${warning.message} ("${address}")`, warning.at);
  if (problem === undefined) return;
  build.report(
    [...entry, key],
    `${problem.message} (character ${problem.at + 1} of "${address}")`,
    problem.at,
  );
}

function assetOf({ assets, file: { site } }: Build, text: string): Asset {
  const found = assets.get(text);
  if (found !== undefined) return found;
  const [area = "", line = "", cell = "", asset = ""] = text.split("/");
  const path = { site, area, line, cell, asset };
  const made = { id: pathText(path), path, tags: [] };
  assets.set(text, made);
  return made;
}

/** The machines that the file names, or, where it names none, one for each asset that has a waveform. */
function buildMachines(build: Build): Machine[] {
  const { file } = build;
  if (file.machines !== undefined) {
    return file.machines.map((machine, i) => buildMachine(build, machine, ["machines", i]));
  }
  const assets = new Set(build.waveforms.map((waveform) => pathText(waveform.path)));
  return [...assets].map((asset) => {
    const withoutSite = asset.slice(file.site.length + 1);
    return buildMachine(build, { asset: withoutSite, criticality: "normal" }, ["devices"]);
  });
}

function buildMachine(build: Build, machine: MachineFile, at: readonly PropertyKey[]): Machine {
  const { id, path, tags } = assetOf(build, machine.asset);
  const own = build.waveforms.filter((waveform) => waveform.path === path);
  if (own.length === 0)
    build.report(
      [...at, "asset"],
      `no waveform belongs to "${machine.asset}"; without one it cannot be listened to`,
    );
  const sensors = (machine.sensors ?? own.map(({ name }): SensorFile => ({ waveform: name }))).flatMap(
    (sensor, s) => buildSensor(build, id, sensor, [...at, "sensors", s]),
  );
  const speedTag =
    machine.speed === undefined ? undefined : speedOf(build, id, machine.speed, [...at, "speed"]);
  return {
    id,
    path,
    name: machine.name ?? path.asset,
    sensors,
    criticality: machine.criticality,
    ...(speedTag && { speedTag: speedTag.id, speedToHz: speedTag.toHz }),
    ...(machine.nominalShaftHz !== undefined && { nominalShaftHz: machine.nominalShaftHz }),
    tags,
  };
}

function buildSensor(
  build: Build,
  machine: string,
  sensor: SensorFile,
  at: readonly PropertyKey[],
): Sensor[] {
  const id = `${machine}/${sensor.waveform}`;
  const waveform = build.waveforms.findIndex((one) => one.id === id);
  const source = build.waveforms[waveform];
  if (source === undefined) {
    build.report([...at, "waveform"], `there is no waveform "${sensor.waveform}" with asset "${machine}"`);
    return [];
  }
  const factor = build.units.factor(source.unit, "m/s2");
  return [
    {
      id,
      machine,
      name: sensor.name ?? source.name,
      waveform,
      unit: source.unit,
      ...(sensor.bearing && { bearing: sensor.bearing }),
      ...(factor !== undefined && { toMetresPerSecondSquared: factor }),
    },
  ];
}

function speedOf(build: Build, machine: string, name: string, at: readonly PropertyKey[]) {
  const id = `${machine}/${name}`;
  const tag = build.tags.find((one) => one.id === id);
  if (tag === undefined) {
    build.report(at, `there is no tag "${name}" with asset "${machine}"`);
    return undefined;
  }
  const toHz = build.units.factor(tag.unit, "Hz");
  if (toHz === undefined)
    build.report(at, `the unit of "${name}" is "${tag.unit}"; a shaft speed needs "Hz" or "/min"`);
  return { id, toHz: toHz ?? 1 };
}
