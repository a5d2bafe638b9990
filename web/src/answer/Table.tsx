import { useId } from "react";
import { asCsv, HIDDEN, type Cell, type Grid } from "./grid";
import "./Table.css";

/** The answer's numbers, every one of them, and their export. */
export function Table({ grid }: { grid: Grid }) {
  const caption = useId();
  const save = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([asCsv(grid)], { type: "text/csv" }));
    link.download = `${grid.name}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <section className="stack" aria-labelledby={caption}>
      <p className="note" id={caption}>
        {grid.caption}
      </p>
      <div className="scrolls numbers" tabIndex={0} role="group" aria-labelledby={caption}>
        <table aria-labelledby={caption}>
          <thead>
            <tr>
              {grid.head.map((title, i) => (
                <th
                  key={i}
                  scope="col"
                  className={
                    grid.rows[0]?.[i] && look(grid.rows[0][i]) === "words" ? "words" : undefined
                  }
                >
                  <span title={title}>{title}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {grid.rows.map((row, i) => (
              <tr key={i}>
                {row.map((cell, j) =>
                  j === 0 ? (
                    <th key={j} scope="row">
                      {cell.shown}
                    </th>
                  ) : (
                    <td key={j} className={look(cell)}>
                      {cell.shown}
                    </td>
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div>
        <button type="button" onClick={save}>
          Download as CSV
        </button>
      </div>
    </section>
  );
}

/** Heat is ten steps of one colour, by class; the number in the cell says the same. */
function look({ value, heat }: Cell): string | undefined {
  if (heat !== undefined) return `heat heat-${Math.min(9, Math.floor(heat * 10))}`;
  return typeof value === "string" && value !== HIDDEN ? "words" : undefined;
}
