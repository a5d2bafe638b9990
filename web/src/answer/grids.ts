/** Any answer as grids: those of its question, or else its main list. */
import { hasPage, type AnyAnswer } from "../api/types";
import { quantity } from "../words/numbers";
import { hiding, NOT_KNOWN, words } from "./cells";
import type { Cell, Grid } from "./grid";
import { retentionGrids } from "./retention";
import { funnelGrid, trendsGrid } from "./tables";

type Row = Record<string, unknown>;

const isRow = (value: unknown): value is Row =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isList = (value: unknown): value is Row[] =>
  Array.isArray(value) && value.length > 0 && value.every(isRow);

export function gridsOf(answer: AnyAnswer): Grid[] {
  if (!hasPage(answer)) return [listGrid(answer)];
  if (answer.question === "retention") return retentionGrids(answer);
  return [answer.question === "funnel" ? funnelGrid(answer) : trendsGrid(answer)];
}

/** The longest list that the answer has beside its definition; its lists of lists as JSON. */
function listGrid(answer: AnyAnswer): Grid {
  const lists: [string, Row[]][] = [];
  for (const [name, value] of Object.entries<unknown>({ ...answer }))
    if (isList(value)) lists.push([name, value]);
  lists.sort(([, a], [, b]) => b.length - a.length);
  const [name, rows] = lists[0] ?? ["", []];
  const told = hiding(answer);
  const flat: Row[] = rows.map(({ by, ...row }) => ({ ...(isRow(by) ? by : {}), ...row }));
  const head = [...new Set(flat.flatMap((row) => Object.keys(row)))];
  return {
    name: answer.question,
    caption: name ? `The answer’s ${name.replaceAll("_", " ")}` : "The answer has no list",
    head: head.map((each) => each.replaceAll("_", " ")),
    rows: flat.map((row, i) =>
      head.map((each) => told(`$.${name}[${i}].${each}`, cell(row[each]))),
    ),
  };
}

function cell(value: unknown): Cell {
  if (value === null || value === undefined) return { value: null, shown: NOT_KNOWN };
  if (typeof value === "number") return { value, shown: quantity(value) };
  return words(typeof value === "string" ? value : JSON.stringify(value));
}
