import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { slimThree, splitMessages } from "./vite-plugins.ts";

/** What the first picture needs beside the page's own script, fetched while that one still runs: the layout, and the
 *  chunk that draws with what it imports. */
function preloadFirstPicture(): Plugin {
  return {
    name: "preload-first-picture",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle }) {
        const chunks = Object.values(bundle ?? {}).filter((file) => file.type === "chunk");
        const scene = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith("/scene/twin-scene.ts"));
        const needed = new Set(scene === undefined ? [] : [scene.fileName, ...scene.imports]);
        for (const entry of chunks.filter(({ isEntry }) => isEntry)) {
          for (const file of [entry.fileName, ...entry.imports]) needed.delete(file);
        }
        return [
          // As fetch() asks for it, or the browser would ask twice.
          { tag: "link", attrs: { rel: "preload", href: "./v1/layout", as: "fetch", crossorigin: true } },
          ...[...needed].map((file) => ({
            tag: "link",
            attrs: { rel: "modulepreload", crossorigin: true, href: `./${file}` },
          })),
        ];
      },
    },
  };
}

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // Relative: the page works under whatever path the agent or a proxy serves it.
  base: "./",
  publicDir: false,
  logLevel: "warn",
  plugins: [slimThree(), splitMessages(), preloadFirstPicture()],
  worker: { format: "es" },
  build: {
    target: "es2023",
    sourcemap: true,
    // Nothing inlined: a strict content security policy allows no data: or inline sources.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // three alone is beyond the default of 500 kB; the budget that counts is checked on the compressed sizes.
    chunkSizeWarningLimit: 800,
  },
});
