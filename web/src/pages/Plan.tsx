import { ProblemNote } from "../answer/ProblemNote";
import { usePlanReport } from "../api/queries";
import type { EventSeen, PlanReport } from "../api/types";
import { count, counted, share } from "../words/numbers";
import { moment } from "../words/times";
import { DriftList } from "./DriftList";
import "./Plan.css";
import { PlannedEvent } from "./PlannedEvent";

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** Whether something about an event is worth a look. */
const departs = (event: EventSeen): boolean =>
  event.departures.length > 0 || (event.planned && event.seen === 0);

export function Plan() {
  const { data, error, refetch } = usePlanReport();
  return (
    <>
      <title>Plan – Ethogram</title>
      <header className="page-head">
        <h1>Does what arrives fit the plan?</h1>
        <p className="note">
          The tracking plan beside the events that were seen. Times in UTC; what is sealed is not
          looked at.
        </p>
      </header>
      {error && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {data && <Report report={data} />}
      {!data && !error && <p className="missing">Comparing plan and events…</p>}
    </>
  );
}

function Report({ report }: { report: PlanReport }) {
  const planned = report.events.filter((event) => event.planned);
  const first = report.starts[0];
  const others = report.events.filter((event) => !event.planned);
  if (report.events.length === 0)
    return (
      <p className="missing">
        There is no plan, and nothing was seen. Once events arrive, <code>ethogram plan learn</code>{" "}
        drafts one.
      </p>
    );
  return (
    <div className="plan">
      <p className="headline">{headline(report, planned)}</p>
      <DriftList report={report} />
      {planned.length > 0 && <Events title="Planned" events={planned} />}
      {others.length > 0 && <Events title="Seen, not planned" events={others} />}
      {first !== undefined && (
        <p className="note">
          Each line is drawn by {report.days === 1 ? "day" : `periods of ${report.days} days`} since{" "}
          {moment(first, "UTC", false)}.
        </p>
      )}
      {report.unlooked > 0 && (
        <p className="note">Left out: {counted(report.unlooked, "rarer name")} of events.</p>
      )}
    </div>
  );
}

function Events({ title, events }: { title: string; events: EventSeen[] }) {
  return (
    <section className="stack" aria-label={title}>
      <h2>
        {title} <span className="note">{count(events.length)}</span>
      </h2>
      <ul className="planned-events">
        {events.map((event) => (
          <PlannedEvent key={event.name} event={event} isOpen={departs(event)} />
        ))}
      </ul>
    </section>
  );
}

function headline(report: PlanReport, planned: EventSeen[]): string {
  const seen = sum(report.events.map((event) => event.seen));
  const departing = sum(report.events.map((event) => sum(event.departing)));
  const silent = planned.filter((event) => event.seen === 0).length;
  if (planned.length === 0)
    return `Nothing is planned; seen: ${counted(report.events.length, "event")}.`;
  const said = `${share(seen ? departing / seen : 0)} of the events depart from the plan`;
  return silent ? `${said}; ${count(silent)} planned, never seen.` : `${said}.`;
}
