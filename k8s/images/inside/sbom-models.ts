import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Signed models that come with the image, each with the digests of its manifest's files. */
export function modelComponents(folder: string) {
  return readdirSync(folder).flatMap((model) =>
    readdirSync(join(folder, model)).map((version) => {
      const manifest = JSON.parse(readFileSync(join(folder, model, version, "manifest.json"), "utf8")) as {
        readonly licence: string;
        readonly files: readonly { readonly path: string; readonly sha256: string }[];
      };
      return {
        "bom-ref": `pkg:generic/stethos/${model}@${version}`,
        type: "machine-learning-model",
        name: model,
        version,
        purl: `pkg:generic/stethos/${model}@${version}`,
        licenses: [{ license: { id: manifest.licence } }],
        components: manifest.files.map(({ path, sha256 }) => ({
          "bom-ref": `pkg:generic/stethos/${model}@${version}#${path}`,
          type: "file",
          name: path,
          hashes: [{ alg: "SHA-256", content: sha256 }],
        })),
      };
    }),
  );
}
