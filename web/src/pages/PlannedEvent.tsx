import { Line } from "../answer/Line";
import type { EventSeen, PropertySeen } from "../api/types";
import { count, share } from "../words/numbers";
import { moment } from "../words/times";

/** One event: how often it was seen and how much of it departs, and its properties when opened. */
export function PlannedEvent({ event, isOpen }: { event: EventSeen; isOpen: boolean }) {
  const departing = event.departing.reduce((a, b) => a + b, 0);
  return (
    <li className="planned-event">
      <details open={isOpen}>
        <summary>
          <strong>{event.name}</strong>
          <span className="tabular amount">
            {event.seen ? count(event.seen) : event.planned ? "never seen" : "0"}
          </span>
          {event.seen > 0 && (
            <Line values={event.counts} label={`How often ${event.name} happened`} />
          )}
          <span className={departing ? "tabular departs" : "tabular note"}>
            {departing
              ? `${share(departing / event.seen)} depart`
              : event.planned && event.seen
                ? "fits"
                : ""}
          </span>
          {departing > 0 && (
            <Line
              values={event.departing.map((each, i) => each / (event.counts[i] || 1))}
              label={`The part of ${event.name} that departs`}
              kind="departs"
            />
          )}
        </summary>
        <div className="planned-inside stack">
          {event.description && <p>{event.description}</p>}
          {event.departures.length > 0 && (
            <ul className="departures" aria-label={`How ${event.name} departs`}>
              {event.departures.map((each, i) => (
                <li key={i}>
                  {each.message}{" "}
                  <span className="note">
                    {count(each.count)}, first in the period that began on{" "}
                    {moment(each.since, "UTC", false)}, <code>{each.code}</code>
                  </span>
                </li>
              ))}
            </ul>
          )}
          {event.properties.length > 0 && <Properties event={event} />}
        </div>
      </details>
    </li>
  );
}

function Properties({ event }: { event: EventSeen }) {
  return (
    <div
      className="scrolls numbers properties"
      tabIndex={0}
      role="group"
      aria-label={`Properties of ${event.name}`}
    >
      <table>
        <thead>
          <tr>
            <th scope="col">Property</th>
            <th scope="col">Plan</th>
            <th scope="col">Seen as</th>
            <th scope="col">Without a value</th>
          </tr>
        </thead>
        <tbody>
          {event.properties.map((each) => (
            <tr key={each.name}>
              <th scope="row">{each.name}</th>
              <td>{wanted(each)}</td>
              <td>{seenAs(each)}</td>
              <td>{each.sealed ? "" : <Empty property={each} counts={event.counts} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Empty({ property, counts }: { property: PropertySeen; counts: number[] }) {
  const seen = counts.reduce((a, b) => a + b, 0);
  const empty = property.empty.reduce((a, b) => a + b, 0);
  if (seen === 0) return null;
  return (
    <span className="empty-share">
      <Line
        values={property.empty.map((each, i) => (counts[i] ? each / counts[i] : 0))}
        label={`The part without ${property.name}`}
        most={1}
      />
      <span className="tabular">{share(empty / seen)}</span>
    </span>
  );
}

const wanted = (property: PropertySeen): string =>
  property.planned ? `${property.wanted}${property.required ? ", required" : ""}` : "not planned";

function seenAs(property: PropertySeen): string {
  if (property.sealed) return "sealed";
  const types = Object.entries(property.types).sort((a, b) => b[1] - a[1]);
  if (types.length === 0) return "never seen";
  if (types.length === 1) return String(types[0]?.[0]);
  return types.map(([type, seen]) => `${type} (${count(seen)})`).join(", ");
}
