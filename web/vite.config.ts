import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const { resolve } = createRequire(import.meta.url);

/** What the Python side draws charts with: the whole of ECharts, and Inter as TTF. */
const drawnWithOutsideThePage: Record<string, string> = {
  "echarts.min.js": resolve("echarts/dist/echarts.min.js"),
  "fonts/Inter-Regular.ttf": resolve("@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf"),
  "fonts/Inter-SemiBold.ttf": resolve("@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf"),
  "fonts/LICENSE.txt": resolve("@expo-google-fonts/inter/LICENSE_FONT"),
};

function filesForPython(): Plugin {
  return {
    name: "files-for-python",
    apply: "build",
    generateBundle() {
      for (const [fileName, path] of Object.entries(drawnWithOutsideThePage))
        this.emitFile({ type: "asset", fileName, source: readFileSync(path) });
    },
  };
}

export default defineConfig({
  plugins: [react(), filesForPython()],
  server: { proxy: { "/api": process.env["ETHOGRAM_SERVER"] ?? "http://127.0.0.1:8787" } },
  build: {
    outDir: "../src/ethogram/show/site",
    emptyOutDir: true,
    // Nothing inlined: the page's policy allows no data: addresses.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
});
