import { type SubmitEvent } from "react";
import { useChange, useListed } from "../api/access";
import type { PurposeTold, Version } from "../api/types";
import { ProblemNote } from "../answer/ProblemNote";
import { count, counted } from "../words/numbers";
import { ConsentDays } from "./ConsentDays";

const total = (days: PurposeTold["left_out"], which: 1 | 2) =>
  days.reduce((sum, day) => sum + day[which], 0);

/** Every purpose with its numbers, and a form for another one. */
export function ConsentPurposes({ maySave }: { maySave: boolean }) {
  const purposes = useListed("purposes");
  const save = useChange<Version>();

  function send(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const name = form.get("name") as string;
    const body = { text: form.get("text"), sharing: form.has("sharing") };
    save.mutate({ method: "PUT", path: `/api/consent/purposes/${encodeURIComponent(name)}`, body });
  }

  const problem = purposes.error ?? save.error;
  return (
    <section aria-labelledby="purposes">
      <h2 id="purposes">Purposes</h2>
      {problem && <ProblemNote error={problem} />}
      {purposes.data && <p>{sentence(purposes.data)}</p>}
      <div className="scrolls">
        <table>
          <thead>
            <tr>
              <th>Purpose</th>
              <th>Version</th>
              <th>Shared or sold</th>
              <th>Gave it</th>
              <th>Withdrew it</th>
              <th>Events left out</th>
              <th>Values left out</th>
            </tr>
          </thead>
          <tbody>
            {purposes.data?.map((each) => (
              <tr key={each.name}>
                <td>
                  {each.name}
                  {each.body.text && <p className="note">“{each.body.text}”</p>}
                </td>
                <td>{each.version || "–"}</td>
                <td>{each.body.sharing ? "yes" : "no"}</td>
                <td>{each.given === null ? "a few" : count(each.given)}</td>
                <td>{each.withdrawn === null ? "a few" : count(each.withdrawn)}</td>
                <td>{count(total(each.left_out, 1))}</td>
                <td>{count(total(each.left_out, 2))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {purposes.data && <ConsentDays purposes={purposes.data} />}
      {maySave && (
        <form onSubmit={send}>
          <label className="label">
            A purpose
            <input name="name" required placeholder="marketing" />
          </label>
          <label className="label">
            What people are shown
            <textarea name="text" required rows={2} placeholder="We write to you once a month." />
          </label>
          <label>
            <input type="checkbox" name="sharing" /> It is shared with others or sold
          </label>
          <button type="submit">Save the purpose</button>
        </form>
      )}
    </section>
  );
}

function sentence(purposes: PurposeTold[]): string {
  const analytics = purposes.find(({ name }) => name === "analytics");
  if (!analytics) return "Nobody was asked for analytics.";
  const left = counted(total(analytics.left_out, 1), "event");
  return `${people(analytics.given)} gave analytics, ${people(analytics.withdrawn)} withdrew it; ${left} not kept for want of it.`;
}

/** A number of people; null is one that is too small to be told. */
function people(number: number | null): string {
  return number === null ? "a few people" : counted(number, "person", "people");
}
