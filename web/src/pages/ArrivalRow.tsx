import type { Arrival } from "../api/live";
import type { LiveEvent, Rejected } from "../api/types";
import { timeOfDay } from "../words/times";

/** One arrival: a line, and all of it when it is opened. */
export function ArrivalRow({ arrival }: { arrival: Arrival }) {
  return arrival.kind === "event" ? (
    <Accepted event={arrival.event} />
  ) : (
    <Refused rejected={arrival.rejected} />
  );
}

const shown = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value);

function Accepted({ event }: { event: LiveEvent }) {
  return (
    <li className="arrival">
      <details>
        <summary>
          <time dateTime={event.received_at}>{timeOfDay(event.received_at)}</time>
          <strong>{event.event}</strong>
          <span className="note person">{event.person}</span>
          <span className="values">
            {Object.entries(event.properties).map(([name, value]) => (
              <span key={name} className="value">
                <span className="note">{name}</span> {shown(value)}
              </span>
            ))}
            {event.sealed && <span className="sealed">personal values, sealed</span>}
          </span>
        </summary>
        <pre className="scrolls" tabIndex={0}>
          {JSON.stringify(event, null, 2)}
        </pre>
      </details>
    </li>
  );
}

function Refused({ rejected }: { rejected: Rejected }) {
  return (
    <li className="arrival refused">
      <details>
        <summary>
          <time dateTime={rejected.received_at}>{timeOfDay(rejected.received_at)}</time>
          <strong>{rejected.event || "Rejected"}</strong>
          <span className="note person">
            {rejected.event && "rejected: "}
            <code>{rejected.code}</code>
          </span>
          <span className="values">
            <span className="value">{rejected.message}</span>
            {rejected.at && (
              <span className="value">
                <span className="note">Place</span> <code>{rejected.at}</code>
              </span>
            )}
            {rejected.hint && <span className="value">{rejected.hint}</span>}
          </span>
        </summary>
        <pre className="scrolls" tabIndex={0}>
          {JSON.stringify(rejected, null, 2)}
        </pre>
      </details>
    </li>
  );
}
