/** The part of JSON Schema in which the server describes a question's spec. */
export interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  title?: string;
  description?: string;
  type?: string;
  enum?: unknown[];
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  default?: unknown;
}

/** What a form shows for a field: a few choices, a line of text, a number, yes or no, or JSON. */
export type Kind = "choice" | "text" | "number" | "flag" | "json";

export interface Field {
  name: string;
  kind: Kind;
  options: string[];
  isRequired: boolean;
  otherwise: unknown;
}

/** Fields that every question has; they stand apart. */
const COMMON = new Set([
  "from",
  "to",
  "where",
  "by",
  "people",
  "sample",
  "semantics",
  "timezone",
  "unit",
  "session_gap",
  "now",
]);

export const isCommon = (field: Field): boolean => COMMON.has(field.name);

/** The question's own words about itself, and its fields. */
export function described(schema: Schema): { words: string; fields: Field[] } {
  const root = resolved(schema, schema);
  const required = new Set(root.required ?? []);
  const fields = Object.entries(root.properties ?? {})
    .filter(([name]) => name !== "question")
    .map(([name, field]): Field => {
      const types = (field.anyOf ?? [field])
        .map((each) => resolved(each, schema))
        .filter(({ type }) => type !== "null");
      const options = types.flatMap((each) => each.enum ?? []).map(String);
      const isRequired = required.has(name);
      return { name, kind: kind(types), options, isRequired, otherwise: field.default };
    });
  const words = (root.description ?? "").split(">>>")[0]?.replaceAll("``", "").trim() ?? "";
  return { words, fields };
}

function kind(types: Schema[]): Kind {
  const names = new Set(types.map((each) => (each.enum ? "choice" : (each.type ?? "json"))));
  if (names.size !== 1) return "json";
  const [only] = names;
  if (only === "choice") return "choice";
  if (only === "string") return "text";
  if (only === "boolean") return "flag";
  return only === "number" || only === "integer" ? "number" : "json";
}

function resolved(schema: Schema, root: Schema): Schema {
  const name = schema.$ref?.split("/").at(-1);
  return name === undefined ? schema : (root.$defs?.[name] ?? {});
}
