// A process that installs one version and tells how far it is; kill.test.ts kills it. Arguments: a JSON object. Output:
// one number a line, the bytes that are here, and "done" with the folder in the end.
import { createInstaller, createRegistry, openStore, readTrust } from "@stethos/models";
import { createSystemClock } from "@stethos/protocol-finger/clock";

interface Task {
  readonly endpoint: string;
  readonly url: string;
  readonly folder: string;
  readonly keyFile: string;
  readonly version: {
    readonly name: string;
    readonly version: string;
    readonly digest: string;
    readonly sequence: number;
  };
  readonly bytesPerSecond: number;
}

const task = JSON.parse(process.argv[2] ?? "{}") as Task;
const clock = createSystemClock();
const registry = createRegistry(openStore(task.url, { endpoint: task.endpoint }, clock), { clock });
const trust = await readTrust([task.keyFile]);
const { folder, bytesPerSecond } = task;
const installer = await createInstaller(
  { folder, trust, bytesPerSecond, quotaBytes: 1e9 },
  { registry, clock, random: Math.random },
);
const onProgress = ({ bytes }: { bytes: number }) => process.stdout.write(`${bytes}\n`);
const opened = await installer.install(task.version, onProgress, new AbortController().signal);
process.stdout.write(`done ${opened.folder}\n`);
