import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import ts from "typescript-eslint";

export default defineConfig(globalIgnores(["dist", "build.mjs"]), js.configs.recommended, {
  files: ["**/*.ts"],
  extends: [ts.configs.strictTypeChecked],
  languageOptions: { parserOptions: { projectService: true } },
  rules: {
    "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    "no-restricted-properties": [
      "error",
      { property: "innerHTML", message: "Text from elsewhere is never HTML." },
      { property: "outerHTML", message: "Text from elsewhere is never HTML." },
    ],
  },
});
