import { quantity } from "./numbers";

/** A value of JSON as people read it. */
export function shown(value: unknown): string {
  if (typeof value === "number") return quantity(value);
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(shown).join(", ");
  return value === undefined ? "" : JSON.stringify(value);
}
