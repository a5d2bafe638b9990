// The package for npm in dist/, and the script that the server gives to pages.
import { rmSync } from "node:fs";
import { build } from "esbuild";

const served = "../src/ethogram/collect/browser";
const all = { bundle: true, target: "es2022", logLevel: "warning" };

rmSync("dist", { recursive: true, force: true });
await build({
  ...all,
  entryPoints: ["src/index.ts"],
  format: "esm",
  splitting: true,
  outdir: "dist",
});
await build({
  ...all,
  entryPoints: { t: "src/script.ts" },
  format: "iife",
  minify: true,
  outdir: served,
});
await build({
  ...all,
  entryPoints: ["src/later.ts", "src/messages.ts"],
  format: "esm",
  minify: true,
  outdir: served,
});
