/** A question as a line to paste: the command, an HTTP request, Python. */

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A JSON value as a Python literal. */
export function python(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object") {
    const pairs = Object.entries(value).map(
      ([key, each]) => `${JSON.stringify(key)}: ${python(each)}`,
    );
    return `{${pairs.join(", ")}}`;
  }
  return JSON.stringify(value);
}

export const command = (spec: object): string =>
  `ethogram ask ${quoted(JSON.stringify(spec))} -w DIR`;

export const curl = (spec: object): string =>
  [
    `curl ${location.origin}/api/ask`,
    `-H "Authorization: Bearer $READ_KEY"`,
    `-H "Content-Type: application/json"`,
    `-d ${quoted(JSON.stringify(spec))}`,
  ].join(" \\\n  ");

export const inPython = (spec: object): string =>
  `import ethogram as eg\n\nanswer = eg.open("DIR").ask(${python(spec)})\nanswer.to_polars()`;
