import { Link } from "@tanstack/react-router";
import { useParting } from "../api/people";
import type { Tie } from "../api/types";
import { ProblemNote } from "../answer/ProblemNote";
import { moment, ownZone } from "../words/times";

const words: Record<string, string> = {
  joined: "joined by somebody here",
  merge: "merged by a client",
  alias: "called another name",
  identify: "signed in",
  seen: "seen together",
  device: "on one device",
  device_anonymous: "on one device",
};

const standing = (tie: Tie): string =>
  tie.withdrawn_at === null ? (tie.counts ? "counts" : "does not count") : "parted";

/** What makes two ids one person's, which somebody in charge can undo. */
export function Ties({ ties, mayPart }: { ties: readonly Tie[]; mayPart: boolean }) {
  const parting = useParting();
  return (
    <>
      {parting.error && <ProblemNote error={parting.error} />}
      {ties.length > 0 && (
        <div className="scrolls">
          <table>
            <thead>
              <tr>
                <th>Since</th>
                <th>These two</th>
                <th>Because</th>
                <th>It</th>
                {mayPart && <th aria-label="Actions" />}
              </tr>
            </thead>
            <tbody>
              {ties.map((tie) => (
                <tr key={`${tie.kind} ${tie.a} ${tie.b} ${tie.known_at}`}>
                  <td>{moment(tie.at, ownZone, true)}</td>
                  <td>
                    <Id id={tie.a} />, <Id id={tie.b} />
                  </td>
                  <td>{words[tie.kind] ?? tie.kind}</td>
                  <td>{standing(tie)}</td>
                  {mayPart && (
                    <td>
                      {tie.counts && (
                        <button
                          type="button"
                          disabled={parting.isPending}
                          onClick={() =>
                            parting.mutate({ id: `person:${tie.a}`, from: `person:${tie.b}` })
                          }
                        >
                          Unmerge
                        </button>
                      )}
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function Id({ id }: { id: string }) {
  return (
    <Link to="/people/$id" params={{ id }}>
      {id}
    </Link>
  );
}
