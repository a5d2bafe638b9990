/** An answer as rows and columns: what the table shows and what its export holds. */
export interface Grid {
  /** What its export is called. */
  name: string;
  caption: string;
  head: string[];
  rows: Cell[][];
}

/** The value of a number that is not told. */
export const HIDDEN = "hidden";

/** A value as it is exported, and as it is shown; `heat` (0 to 1) colours the cell. */
export interface Cell {
  value: string | number | null;
  shown: string;
  heat?: number;
}

/** Text that a spreadsheet would run is text again behind an apostrophe; `ask/formulas.py`. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
const NUMBER = /^[+-]?[0-9]+([.,][0-9]+)*([eE][+-]?[0-9]+)?%?$/;
const harmless = (text: string): string =>
  FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;

const escaped = (value: Cell["value"]): string => {
  const text = typeof value === "string" ? harmless(value) : String(value ?? "");
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export const asCsv = ({ head, rows }: Grid): string =>
  [head, ...rows.map((row) => row.map((cell) => cell.value))]
    .map((row) => row.map(escaped).join(","))
    .join("\r\n");
