import type { Profile, ProfileProperty } from "../api/types";
import { counted } from "../words/numbers";
import { moment, ownZone } from "../words/times";
import { shown } from "../words/values";

/** What a profile holds, since when, and what it held before; then the groups. */
export function PersonProfile({ profile }: { profile: Profile }) {
  return (
    <section aria-labelledby="profile">
      <h2 id="profile">Profile</h2>
      {profile.properties.length === 0 ? (
        <p className="missing">Nothing is known but what they did.</p>
      ) : (
        <div className="scrolls">
          <table>
            <thead>
              <tr>
                <th>Property</th>
                <th>Value</th>
                <th>Since</th>
                <th>History</th>
              </tr>
            </thead>
            <tbody>
              {profile.properties.map((property) => (
                <Row key={property.name} property={property} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {Object.keys(profile.traits).length > 0 && (
        <p>
          Computed:{" "}
          {Object.entries(profile.traits)
            .map(([name, value]) => `${name} ${shown(value)}`)
            .join(" · ")}
          .
        </p>
      )}
      {profile.groups.length > 0 && (
        <p>
          Acted for {profile.groups.map(({ type, id, name }) => name ?? `${type} ${id}`).join(", ")}
          .
        </p>
      )}
    </section>
  );
}

function Row({ property }: { property: ProfileProperty }) {
  const untold = property.steps - property.history.length;
  return (
    <tr>
      <td>
        {property.name} {property.personal && <span className="sealed">sealed</span>}
      </td>
      <td>{property.value === undefined ? <em>unset</em> : shown(property.value)}</td>
      <td>{property.since && moment(property.since, ownZone, true)}</td>
      <td>
        <details>
          <summary>{counted(property.steps, "change")}</summary>
          <ol start={untold + 1}>
            {property.history.map((step, i) => (
              <li key={i}>
                {moment(step.at, ownZone, true)}: {step.op.replace("_", " ")}{" "}
                {step.op !== "unset" && step.op !== "clear" && shown(step.value)}
                {!step.changed && " (no change)"}
              </li>
            ))}
          </ol>
        </details>
      </td>
    </tr>
  );
}
