import { useParting } from "../api/people";
import type { Person, Tie } from "../api/types";
import { ProblemNote } from "../answer/ProblemNote";
import { counted } from "../words/numbers";
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

/** The ids of a person and what makes them one, which somebody in charge can undo. */
export function PersonLinks({ person, mayPart }: { person: Person; mayPart: boolean }) {
  const parting = useParting();
  return (
    <section aria-labelledby="ids">
      <h2 id="ids">Ids and merges</h2>
      <p>
        {counted(person.ids.length, "id")}: {person.ids.join(", ")}.
      </p>
      {parting.error && <ProblemNote error={parting.error} />}
      {person.links.length > 0 && (
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
              {person.links.map((tie) => (
                <tr key={`${tie.kind} ${tie.a} ${tie.b} ${tie.known_at}`}>
                  <td>{moment(tie.at, ownZone, true)}</td>
                  <td>
                    {tie.a}, {tie.b}
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
    </section>
  );
}
