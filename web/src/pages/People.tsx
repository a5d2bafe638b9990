import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { type SubmitEvent } from "react";
import { useMe } from "../api/access";
import { useFinding, useHolding } from "../api/people";
import { useVocabulary } from "../api/queries";
import { ProblemNote } from "../answer/ProblemNote";
import { counted } from "../words/numbers";
import "./People.css";

/** People, found by an id or by what their profile holds. */
export function People() {
  const me = useMe();
  const maySeeIds = me.data?.permissions.includes("personal") ?? false;
  return (
    <div className="people">
      <title>Who is there? – Ethogram</title>
      <header className="page-head">
        <h1>Who is there?</h1>
        <p className="note">
          Find one person by an id, or several by what their profile holds. Who was{" "}
          <Link to="/merges">made one</Link>.
        </p>
      </header>
      <ById maySeeIds={maySeeIds} />
      <ByProfile />
    </div>
  );
}

/** What somebody wrote into a field of `form`. */
function written(form: HTMLFormElement, field: string): string {
  const said = new FormData(form).get(field);
  return typeof said === "string" ? said : "";
}

function ById({ maySeeIds }: { maySeeIds: boolean }) {
  const finding = useFinding();
  const navigate = useNavigate();

  function find(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const id = written(event.currentTarget, "id").trim();
    const said = /^\d+$/.test(id) ? `person:${id}` : id.includes(":") ? id : `user:${id}`;
    finding.mutate(said, {
      // Not the person's own id: who is parted here must stay the one who was looked for.
      onSuccess: (found) => void navigate({ to: "/people/$id", params: { id: found.id } }),
    });
  }

  return (
    <section className="stack" aria-labelledby="by-id">
      <h2 id="by-id">By an id</h2>
      <form onSubmit={find}>
        <label className="label">
          Id
          <input name="id" required placeholder={maySeeIds ? "user:ann" : "7262281"} />
        </label>
        <button disabled={finding.isPending}>Show</button>
      </form>
      <p className="note">
        {maySeeIds
          ? "user:…, anonymous:…, device:… as clients say it, or an internal number. A look by a client’s id is written down in the audit."
          : "An internal number, as lists of people have it."}
      </p>
      {finding.error && <ProblemNote error={finding.error} />}
    </section>
  );
}

function ByProfile() {
  const { property = "", value = "" } = useSearch({ from: "/people" });
  const vocabulary = useVocabulary();
  const navigate = useNavigate();
  const found = useHolding(property, value);
  const known = vocabulary.data?.profile ?? [];

  function find(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const search = { property: written(form, "property"), value: written(form, "value") };
    void navigate({ to: "/people", search });
  }

  return (
    <section className="stack" aria-labelledby="by-profile">
      <h2 id="by-profile">By what a profile holds</h2>
      {vocabulary.data && known.length === 0 ? (
        <p className="missing">
          No profile holds anything yet. <code>identify</code> calls of any dialect fill them, and
          events with <code>profile_ops</code>.
        </p>
      ) : (
        <form onSubmit={find}>
          <label className="label">
            Property
            <select name="property" defaultValue={property} key={`${property}${known.length}`}>
              {known.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <label className="label">
            Value
            <input name="value" defaultValue={value} key={value} placeholder="pro" />
          </label>
          <button>List</button>
        </form>
      )}
      {found.error && <ProblemNote error={found.error} onRetry={() => void found.refetch()} />}
      {found.data && (
        <>
          <p className="headline" role="status">
            {counted(found.data.count, "person", "people")} with {property} {value}.
          </p>
          <ul className="people-found">
            {found.data.people.map((id) => (
              <li key={id}>
                <Link to="/people/$id" params={{ id }}>
                  {id}
                </Link>
              </li>
            ))}
          </ul>
          {found.data.count > found.data.people.length && (
            <p className="note">The first {found.data.people.length} are listed.</p>
          )}
        </>
      )}
    </section>
  );
}
