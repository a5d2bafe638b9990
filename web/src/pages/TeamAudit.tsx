import { useListed } from "../api/access";
import { ProblemNote } from "../answer/ProblemNote";
import { moment, ownZone } from "../words/times";

/** Who did what, the newest first. */
export function TeamAudit({ knowsPeople }: { knowsPeople: boolean }) {
  const audit = useListed("audit");
  const accounts = useListed("accounts", knowsPeople);
  const names = new Map(accounts.data?.map(({ id, email }) => [`account:${id}`, email]));
  return (
    <section aria-labelledby="audit">
      <h2 id="audit">What was done</h2>
      {audit.error && <ProblemNote error={audit.error} />}
      <div className="scrolls">
        <table>
          <thead>
            <tr>
              <th>When</th>
              <th>Who</th>
              <th>Did</th>
              <th>From</th>
            </tr>
          </thead>
          <tbody>
            {audit.data?.toReversed().map(({ number, line }) => (
              <tr key={number}>
                <td>{moment(line.at, ownZone, true)}</td>
                <td>{names.get(line.who) ?? line.who}</td>
                <td>
                  {line.did} {names.get(line.on) ?? line.on}
                </td>
                <td>{line.address}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
