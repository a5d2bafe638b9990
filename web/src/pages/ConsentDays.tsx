import type { PurposeTold } from "../api/types";
import { count } from "../words/numbers";

const SHOWN = 30;

/** When purposes were given and withdrawn, and what the door left out, the newest day first. */
export function ConsentDays({ purposes }: { purposes: PurposeTold[] }) {
  const rows = purposes.flatMap(({ name, days, left_out }) => {
    const said = new Map(days.map(([day, gave, withdrew]) => [day, [gave, withdrew]]));
    const left = new Map(left_out.map(([day, events, values]) => [day, [events, values]]));
    return [...new Set([...said.keys(), ...left.keys()])].map((day) => ({
      name,
      day,
      numbers: [...(said.get(day) ?? [0, 0]), ...(left.get(day) ?? [0, 0])],
    }));
  });
  if (!rows.length) return null;
  rows.sort((a, b) => b.day.localeCompare(a.day) || a.name.localeCompare(b.name));
  return (
    <details>
      <summary>Day by day (UTC)</summary>
      <div className="scrolls">
        <table>
          <thead>
            <tr>
              <th>Day</th>
              <th>Purpose</th>
              <th>Times given</th>
              <th>Times withdrawn</th>
              <th>Events left out</th>
              <th>Values left out</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, SHOWN).map(({ name, day, numbers }) => (
              <tr key={`${day} ${name}`}>
                <td>{day}</td>
                <td>{name}</td>
                {numbers.map((each, at) => (
                  <td key={at}>{count(each)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > SHOWN && (
        <p className="note">
          The newest {SHOWN} of {count(rows.length)} rows.
        </p>
      )}
    </details>
  );
}
