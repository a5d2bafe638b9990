/** What is typed into a filter, and the value that it stands for. */
import type { Op, Scalar } from "./spec";

export const TYPES = ["text", "number", "flag"] as const;
export type ValueType = (typeof TYPES)[number];

export const typeOf = (value: Scalar | Scalar[] | undefined): ValueType | undefined => {
  const one = Array.isArray(value) ? value[0] : value;
  return one === undefined
    ? undefined
    : typeof one === "number"
      ? "number"
      : typeof one === "boolean"
        ? "flag"
        : "text";
};

export const takesList = (op: Op): boolean => op === "in" || op === "not_in";
export const takesText = (op: Op): boolean => op === "contains" || op === "matches";

function read(typed: string, type: ValueType): Scalar | undefined {
  const trimmed = typed.trim();
  if (type === "text") return typed;
  if (type === "flag") return trimmed === "true";
  return trimmed === "" || isNaN(Number(trimmed)) ? undefined : Number(trimmed);
}

/** The value of `typed`, or undefined while it is not one; a list is parted by commas. */
export function readValue(typed: string, type: ValueType, op: Op): Scalar | Scalar[] | undefined {
  if (!takesList(op)) return read(typed, type);
  const parts = typed
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  return parts.map((part) => read(part, type)).filter((value) => value !== undefined);
}

export const writeValue = (value: Scalar | Scalar[] | undefined): string =>
  value === undefined ? "" : Array.isArray(value) ? value.join(", ") : String(value);
