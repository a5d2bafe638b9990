/** What the grids of several questions write into their cells. */
import type { Answer, AnyAnswer, By } from "../api/types";
import { HIDDEN, type Cell } from "./grid";

export const NOT_KNOWN = "–";
/** Where there can be no number, or not yet. */
export const NOTHING: Cell = { value: null, shown: "" };

export const words = (value: string): Cell => ({ value, shown: value });

export const orNotKnown = (value: number | null, show: (value: number) => string): Cell => ({
  value,
  shown: value === null ? NOT_KNOWN : show(value),
});

/** Puts a word where a number is not told, by its place in the answer. */
export function hiding({ hidden }: AnyAnswer): (place: string, cell: Cell) => Cell {
  const places = new Set(hidden?.at);
  return (place, cell) => (places.has(place) ? words(HIDDEN) : cell);
}

/** The values that a group shares: one that is missing is none, one that was given as null is null. */
export const groupName = (by: By): string =>
  Object.entries(by)
    .filter(([name]) => !(name.endsWith(IS_NULL) && by[name.slice(0, -IS_NULL.length)] === null))
    .map(([name, value]) => `${name}: ${value === null ? nothing(by, name) : String(value)}`)
    .join(", ");
const IS_NULL = ".is_null";
const nothing = (by: By, name: string): string => (by[name + IS_NULL] === true ? "null" : "none");

/** A word of the question that was asked. */
export function asked({ definition }: Answer, field: string, otherwise: string): string {
  const value = definition[field];
  return typeof value === "string" ? value : otherwise;
}
