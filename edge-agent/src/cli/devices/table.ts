import { nameOf } from "@stethos/protocol-finger/diagnosis";
import type { DeviceDto } from "../../core/feed.ts";
import { columns } from "../columns.ts";

/** Whether anything comes of a device: it answers, and of its tags one at least has a value. */
export const isReadable = ({ up, tags }: DeviceDto): boolean => up && (tags.total === 0 || tags.good > 0);

/** A table, and below it what to do about each device that something is wrong with. */
export function renderDevices(devices: readonly DeviceDto[]): string {
  const head = ["DEVICE", "STATE", "TAGS", "PROFILE", "VERDICT", "DIAGNOSIS"];
  const advice = devices.flatMap((device) => [...adviceFor(device)]);
  return columns([head, ...devices.map(cellsOf)]) + advice.join("");
}

function cellsOf(device: DeviceDto): string[] {
  const { name, up, tags, protocol, profile, diagnosis } = device;
  return [
    name,
    up ? (isReadable(device) ? "up" : "refuses") : "down",
    `${tags.good}/${tags.total}`,
    profile?.mode ?? (protocol === "auto" ? "-" : protocol),
    verdictOf(device),
    diagnosis?.code ?? "-",
  ];
}

function verdictOf({ fingerprint }: DeviceDto): string {
  if (fingerprint === undefined) return "-";
  const { vendor, family, model, orderNumber, firmware, confidence, nature } = fingerprint;
  if ((vendor ?? family) === undefined) return nature === "unknown" ? nameOf({}) : `unknown (${nature})`;
  const labels = { vendor, family, model, orderNumber, firmware };
  const known = Object.fromEntries(Object.entries(labels).filter(([, label]) => label !== undefined));
  return `${nameOf(known)} (${Math.round(confidence * 100)} %)`;
}

function* adviceFor(device: DeviceDto): Generator<string> {
  const { name, reason, diagnosis } = device;
  if (diagnosis !== undefined) {
    yield `\n${name}: ${diagnosis.code}: ${diagnosis.observed}\n  ${diagnosis.cause}\n  ${diagnosis.advice}\n`;
  } else if (!isReadable(device)) {
    yield `\n${name}: ${reason}\n`;
  }
}
