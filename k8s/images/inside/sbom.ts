// Run while an image is built, in its folder of the product, after npm: writes sbom.cdx.json, a CycloneDX bill of materials
// of all that the image holds: npm's packages as `npm sbom` lists them, Debian's as dpkg does, Node.js and the models.
//   node sbom.ts NAME WORKSPACE...    NAME of the image, and the workspaces that it runs
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { debianComponents } from "./sbom-debian.ts";
import { modelComponents } from "./sbom-models.ts";

interface Bill {
  serialNumber: string;
  metadata: { timestamp: string; component: object };
  components: { readonly "bom-ref": string; readonly name: string }[];
  dependencies: { readonly ref: string; dependsOn: string[] }[];
}

const [name = "", ...workspaces] = process.argv.slice(2);
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { version: string; license: string };

/** npm lists only the direct dependencies of a chosen workspace: it gets to see a product of just these workspaces. */
function billOfNpm(): Bill {
  const whole = readFileSync("package.json", "utf8");
  writeFileSync(
    "package.json",
    JSON.stringify({ ...manifest, name: "stethos", private: true, workspaces, devDependencies: {} }),
  );
  try {
    const told = execFileSync(
      "npm",
      ["sbom", "--sbom-format=cyclonedx", "--omit=dev", "--no-update-notifier"],
      {
        encoding: "utf8",
        maxBuffer: 64 * 2 ** 20,
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    return JSON.parse(told) as Bill;
  } finally {
    writeFileSync("package.json", whole);
  }
}

const node = {
  "bom-ref": `node@${process.versions.node}`,
  type: "platform",
  name: "node",
  version: process.versions.node,
  purl: `pkg:generic/node@${process.versions.node}`,
  licenses: [{ license: { id: "MIT" } }],
};

const bill = billOfNpm();
const self = `stethos-${name}@${manifest.version}`;
bill.metadata.component = {
  "bom-ref": self,
  type: "container",
  name: `stethos-${name}`,
  version: manifest.version,
  licenses: [{ license: { id: manifest.license } }],
};
// The same inputs make the same bytes.
bill.metadata.timestamp = new Date(Number(process.env["SOURCE_DATE_EPOCH"] ?? 0) * 1000).toISOString();
const others = [
  node,
  ...debianComponents(readFileSync(join(import.meta.dirname, "dpkg-status"), "utf8")),
  ...(existsSync("models/artifacts") ? modelComponents("models/artifacts") : []),
];
bill.components = [...bill.components, ...others].sort((a, b) => (a["bom-ref"] < b["bom-ref"] ? -1 : 1));
bill.dependencies = [
  {
    ref: self,
    dependsOn: [...workspaces.map((one) => refOf(one)), ...others.map((one) => one["bom-ref"])].sort(),
  },
  ...bill.dependencies.filter(({ ref }) => ref !== `stethos@${manifest.version}`),
];
const digest = createHash("sha256")
  .update(JSON.stringify({ ...bill, serialNumber: "" }))
  .digest("hex");
bill.serialNumber = `urn:uuid:${uuidOf(digest)}`;
writeFileSync("sbom.cdx.json", `${JSON.stringify(bill, undefined, 1)}\n`);

function refOf(workspace: string): string {
  const { name: own, version } = JSON.parse(readFileSync(join(workspace, "package.json"), "utf8")) as {
    name: string;
    version: string;
  };
  return `${own}@${version}`;
}

/** RFC 9562, version 8: what we choose, here a digest. */
function uuidOf(hex: string): string {
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
