// Writes numbered texts into a state file until it is killed; tells of each that is on the disk.
import { createStateFile } from "./state-file.ts";

const [path, length] = process.argv.slice(2);
if (path === undefined || length === undefined) throw new TypeError("killed-writer.ts PATH LENGTH");
const file = createStateFile(path);
for (let i = 0; ; i += 1) {
  await file.write(JSON.stringify({ i, filling: String(i % 10).repeat(Number(length)) }));
  process.stdout.write(`${i}\n`);
}
