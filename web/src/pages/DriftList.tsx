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
      <ul className="drift">
        {report.drift.slice(0, SHOWN).map((each) => entry(each, report.days))}
      </ul>
      {rest.length > 0 && (
        <details>
          <summary className="note">{rest.length} earlier changes</summary>
          <ul className="drift">{rest.map((each) => entry(each, report.days))}</ul>
        </details>
      )}
    </section>
  );
}

function entry(drift: Drift, days: number) {
  const key = [drift.change, drift.event, drift.property, drift.type].join(" ");
  return (
    <li key={key}>
      <time dateTime={drift.at}>{period(drift.at, days)}</time>
      <span>{words(drift)}</span>
    </li>
  );
}

/** A period by its first day: nobody looks closer. */
function period(start: string, days: number): string {
  const day = moment(start, "UTC", false);
  return days === 1 ? day : `${days} days from ${day}`;
}

function words({ change, event, property, type }: Drift): string {
  const what = property ? `${event}, property ${property}` : event;
  if (type)
    return change === "new" ? `${what}: first seen as ${type}` : `${what}: last seen as ${type}`;
  return change === "new" ? `${what}: first seen` : `${what}: last seen, silent since`;
}
