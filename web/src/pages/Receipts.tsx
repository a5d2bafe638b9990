import type { Receipt } from "../api/types";
import { count, counted } from "../words/numbers";
import { moment, ownZone } from "../words/times";

/** What was erased, the newest first: who asked, what every room had, and what is still to go. */
export function Receipts({ receipts }: { receipts: readonly Receipt[] }) {
  return (
    <section aria-labelledby="receipts">
      <h2 id="receipts">What was erased</h2>
      {receipts.length === 0 && <p className="note">Nothing yet.</p>}
      {receipts.length > 0 && (
        <div className="scrolls">
          <table>
            <thead>
              <tr>
                <th>When</th>
                <th>Asked by</th>
                <th>What</th>
                <th>Where it was</th>
                <th>The last byte</th>
              </tr>
            </thead>
            <tbody>
              {receipts.toReversed().map((receipt) => (
                <tr key={receipt.erasure.number}>
                  <td>{day(receipt.hidden_at)}</td>
                  <td>{receipt.erasure.by}</td>
                  <td>{what(receipt)}</td>
                  <td>
                    {receipt.rooms
                      .filter(({ things }) => things > 0)
                      .map(({ room, things }) => `${room} ${count(things)}`)
                      .concat(receipt.erasure.derived ?? [])
                      .join(", ")}
                  </td>
                  <td>{remains(receipt)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

const day = (instant: number) => moment(new Date(instant / 1000).toISOString(), ownZone, true);

function what({ erasure }: Receipt): string {
  const { nodes = [], since, until, event, property_name } = erasure;
  const whose = nodes.length > 0 ? ` of ${counted(nodes.length, "id")}` : "";
  const when = [since && ` from ${day(since)}`, until && ` until ${day(until)}`];
  if (property_name) return `values of ${property_name}${whose}${event ? ` in ${event}` : ""}`;
  if (since || until || event)
    return `${event ?? "events"}${whose}${when.filter(Boolean).join("")}`;
  if (nodes.length > 0) return `a person${whose}${erasure.events ? ", with all events" : ""}`;
  return erasure.letters?.length ? "refused events" : "what waited to go";
}

function remains({ purged_at, pending_until }: Receipt): string {
  if (purged_at) return `gone ${day(purged_at)}`;
  return pending_until ? `goes by ${day(pending_until)}` : "goes with the next purge";
}
