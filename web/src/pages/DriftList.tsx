import type { Drift, PlanReport } from "../api/types";
import { moment } from "../words/times";

const SHOWN = 8;

/** What appeared and what fell silent, the newest first. */
export function DriftList({ report }: { report: PlanReport }) {
  if (report.drift.length === 0) return null;
  const rest = report.drift.slice(SHOWN);
  return (
    <section className="stack" aria-label="What changed">
      <h2>What changed</h2>
      <ul className="drift">{report.drift.slice(0, SHOWN).map(entry)}</ul>
      {rest.length > 0 && (
        <details>
          <summary className="note">{rest.length} earlier changes</summary>
          <ul className="drift">{rest.map(entry)}</ul>
        </details>
      )}
    </section>
  );
}

function entry(drift: Drift) {
  const key = [drift.change, drift.event, drift.property, drift.type].join(" ");
  return (
    <li key={key}>
      <time dateTime={drift.at}>{moment(drift.at, "UTC", false)}</time>
      <span>{words(drift)}</span>
    </li>
  );
}

function words({ change, event, property, type }: Drift): string {
  const what = property ? `${event}, property ${property}` : event;
  if (type)
    return change === "new" ? `${what}: first seen as ${type}` : `${what}: last seen as ${type}`;
  return change === "new" ? `${what}: first seen` : `${what}: last seen, silent since`;
}
