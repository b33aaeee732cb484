import type { Language } from "@stethos/protocol-finger/diagnosis";
import type { Finding, FindingTexts } from "./finding.ts";
import { chinese } from "./texts-zh.ts";

const english: FindingTexts = {
  "config-good": ["{file} is good: {devices} devices, {tags} tags, {sinks} sinks"],
  "config-bad": ["the configuration is refused: {why}", "mend it; `stethos check -c` tells all of it"],
  "node-good": ["Node.js {version}"],
  "node-old": ["Node.js {version} is too old", "install Node.js {needed} or newer"],
  "cpu-good": ["{cores} cores, {threads} for the model; int8 by {feature}"],
  "cpu-no-dot-product": [
    "{cores} cores, {threads} for the model; no int8 dot product ({wanted})",
    "the model computes the same here, and is slower: look at the inference latency on the page or in /metrics",
  ],
  "cpu-untold": ["{cores} cores, {threads} for the model"],
  "cpu-crowded": [
    "the model is given {threads} threads on {cores} cores",
    "lower scorerThreads: what reads the devices waits for the model otherwise",
  ],
  "board-jetson": ["{board}, power mode {mode}: what latency is measured holds for this mode"],
  "gpu-idle": ["the GPU ({gpu}) is not used: the agent runs its model on the CPU; see edge-agent/JETSON.md"],
  "clock-synchronised": ["synchronised by {by}"],
  "clock-adrift": [
    "a time service runs, and the clock is not synchronised",
    "check that its server can be reached (UDP port 123); readings bear wrong times meanwhile",
  ],
  "clock-alone": [
    "no time service is on",
    "turn one on: `timedatectl set-ntp true`, with a time server of the plant",
  ],
  "clock-unknown": [
    "nobody here can tell whether the clock is synchronised",
    "install systemd-timesyncd or chrony, or see to the clock of the host",
  ],
  "clock-wrong": [
    "the clock says {time}, which cannot be",
    "set the clock; certificates and every time stamp depend on it",
  ],
  "memory-good": ["{free} of {total} free"],
  "memory-low": ["only {free} of {total} free", "stop what is not needed, or read fewer tags here"],
  "memory-out": [
    "{free} of {total} free: the agent may be killed at any time",
    "add memory, or stop what takes it",
  ],
  "disk-good": ["{folder} ({type}): {free} free, flushes are honoured"],
  "disk-low": ["{folder}: {free} free", "free space, or lower history.maxBytes and outbox.maxBytes"],
  "disk-full": [
    "{folder}: {free} free",
    "free space now: history and outbox give up readings when it is full",
  ],
  "disk-volatile": [
    "{folder} is in memory ({type})",
    "name a folder on a disk in `data`: a restart loses all of it",
  ],
  "disk-remote": [
    "{folder} is on a share ({type})",
    "name a folder on a local disk in `data`: shares lock and flush as they like",
  ],
  "disk-no-flush": [
    "{folder} is mounted with {option}: flushes are not honoured",
    "mount it without; a power cut may lose or damage what was committed",
  ],
  "disk-unwritable": [
    "{folder} cannot be written to: {why}",
    "give the agent's user this folder (chown, chmod)",
  ],
  "agent-runs": ["version {version} at {address}"],
  "agent-silent": [
    "no agent answers at {address}: {why}",
    "start it; or name --url and --token-file. Its files are looked at instead",
  ],
  "store-good": ["{file}: {bytes}"],
  "store-new": ["{file} is not there yet; it is made at the first start"],
  "store-damaged": [
    "{file} is damaged: {why}",
    "the agent puts it aside at its next start and begins anew; a disk that damages files is to be replaced",
  ],
  "outbox-good": ["{rows} rows, {bytes}; nothing was lost"],
  "outbox-trouble": ["it cannot keep what it is given: {why}", "see disk above, and `stethos outbox check`"],
  "outbox-near-full": [
    "{bytes} of {limit} are used",
    "mend the sink that is behind, or raise outbox.maxBytes",
  ],
  "outbox-behind": ["{sink}: {rows} rows wait, the oldest for {minutes} minutes", "see the sink below"],
  "outbox-lost": [
    "{rows} rows of {stream} were given up: {cause}",
    "each loss was told to the sinks as a gap; METRICS.md and the alert rules say what each cause asks for",
  ],
  "outbox-untold": ["the agent does not tell of its outbox: {why}", "the agent's log says more"],
  "sink-none": ["none is configured: readings stay in the history of this machine"],
  "sink-good": ["{sink} answers at {address}"],
  "sink-asked": ["{sink} at {address}: {said}"],
  "sink-refuses": [
    "{sink} at {address}: {why}",
    "it answers and does not take what is delivered: check credentials, rights and schema; rows wait in the outbox",
  ],
  "sink-unreachable": [
    "{sink} at {address}: {why}",
    "check address, cable, firewall and credentials; rows wait in the outbox",
  ],
  "certificate-good": ["{file}: {days} days left"],
  "certificate-ends-soon": ["{file} ends in {days} days", "renew it now"],
  "certificate-ended": ["{file} ended {days} days ago", "renew it: connections that need it are refused"],
  "certificate-early": ["{file} begins only in {days} days", "check the clock, and who issued it"],
  "certificate-unreadable": [
    "{file} cannot be read: {why}",
    "check path, permissions and that it is PEM or DER",
  ],
  "device-good": ["{device} answers at {address}"],
  "device-unreachable": ["{device} at {address}: {why}", "`stethos devices -c` finds out more"],
  "device-denied": [
    "{device} at {address} may not be opened: {why}",
    "put the agent's user into the port's group (dialout); for a service `install.sh --serial` lets it in",
  ],
  "model-good": ["{model} {version}, run by onnxruntime {runtime} on {provider}; it lists {listed}"],
  "model-bad": [
    "the model in {folder} cannot be used: {why}",
    "install the agent anew, or name another model",
  ],
  "model-no-provider": [
    "onnxruntime cannot run here: {why}",
    "this needs glibc 2.28 or newer on x64 or arm64; see the README of adapters/onnx",
  ],
};

const TEXTS: Readonly<Record<Language, FindingTexts>> = { en: english, zh: chinese };

/** In words: what is so, and what to do. */
export function textOf({ code, facts }: Finding, language: Language): { what: string; advice?: string } {
  const fill = (text: string): string =>
    text.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(facts[name] ?? "?"));
  const [what, advice] = TEXTS[language][code];
  return { what: fill(what), ...(advice !== undefined && { advice: fill(advice) }) };
}
