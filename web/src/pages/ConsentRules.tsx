import { type SubmitEvent } from "react";
import { useChange, useListed } from "../api/access";
import type { Gone, RetentionRule, Version } from "../api/types";
import { ProblemNote } from "../answer/ProblemNote";
import { counted } from "../words/numbers";

/** How long what is kept; who may have things erased changes it. */
export function ConsentRules({ mayErase }: { mayErase: boolean }) {
  const rules = useListed("retention");
  const save = useChange<Version>();
  const run = useChange<Gone[]>();

  function send(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const said = (name: string) => (form.get(name) as string).trim();
    const body = {
      keep: `${said("days")}d`,
      event: said("event") || null,
      property: said("property") || null,
    };
    const path = `/api/retention/${encodeURIComponent(said("name"))}`;
    save.mutate({ method: "PUT", path, body });
  }

  const problem = rules.error ?? save.error ?? run.error;
  return (
    <section aria-labelledby="rules">
      <h2 id="rules">How long what is kept</h2>
      {problem && <ProblemNote error={problem} />}
      {rules.data?.length === 0 && <p className="note">Everything is kept: there is no rule.</p>}
      {!!rules.data?.length && (
        <div className="scrolls">
          <table>
            <thead>
              <tr>
                <th>Rule</th>
                <th>What</th>
                <th>Kept</th>
                <th aria-label="Actions" />
              </tr>
            </thead>
            <tbody>
              {rules.data.map(({ name, body }) => (
                <tr key={name}>
                  <td>{name}</td>
                  <td>{what(body as RetentionRule)}</td>
                  <td>{kept(body as RetentionRule)}</td>
                  <td>
                    {mayErase && (
                      <button
                        type="button"
                        onClick={() =>
                          save.mutate({
                            method: "DELETE",
                            path: `/api/retention/${encodeURIComponent(name)}`,
                          })
                        }
                      >
                        Drop
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {mayErase && (
        <form onSubmit={send}>
          <label className="label">
            A rule
            <input name="name" required placeholder="searches" />
          </label>
          <label className="label">
            Event (all, where there is none)
            <input name="event" placeholder="search" />
          </label>
          <label className="label">
            Property (the whole event)
            <input name="property" />
          </label>
          <label className="label">
            Days
            <input name="days" type="number" min={1} required placeholder="90" />
          </label>
          <button type="submit">Save the rule</button>
        </form>
      )}
      {mayErase && !!rules.data?.length && (
        <p>
          <button
            type="button"
            onClick={() => run.mutate({ method: "POST", path: "/api/retention" })}
          >
            Erase what is due now
          </button>
        </p>
      )}
      {run.data && (
        <p className="told" role="status">
          {run.data.length
            ? `${counted(run.data.length, "erasure")} begun; each has a receipt.`
            : "Nothing is due."}
        </p>
      )}
    </section>
  );
}

function what({ event, property, letters, hold }: RetentionRule): string {
  if (hold) return "Nothing goes that happened from this day on";
  if (letters) return "Refused events";
  const events = event ? `events called ${event}` : "all events";
  if (property) return `Values of ${property} in ${events}`;
  return event ? `Events called ${event}` : "All events without a rule of their own";
}

const kept = ({ keep, hold }: RetentionRule): string => hold ?? keep ?? "";
