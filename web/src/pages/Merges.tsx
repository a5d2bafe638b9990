import { type SubmitEvent } from "react";
import { useMe } from "../api/access";
import { useMerges, useMerging } from "../api/people";
import { ProblemNote } from "../answer/ProblemNote";
import { Ties } from "./Ties";
import "./Sections.css";

/** What somebody in charge joined or parted, the newest first, and how to join two ids. */
export function Merges() {
  const me = useMe();
  const merges = useMerges();
  const merging = useMerging();
  const may = me.data?.permissions.includes("merge") ?? false;

  function send(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    merging.mutate(Object.fromEntries(form));
  }

  const problem = merges.error ?? merging.error;
  return (
    <div className="sections">
      <title>Who was made one? – Ethogram</title>
      <div className="page-head">
        <h1>Who was made one?</h1>
        <p className="note">What somebody here joined or parted. All of it can be undone.</p>
      </div>
      {problem && <ProblemNote error={problem} />}
      {may && (
        <section aria-label="Make two ids one person’s">
          <form onSubmit={send}>
            <label className="label">
              One id
              <input name="one" required placeholder="user:ann" autoComplete="off" />
            </label>
            <label className="label">
              And another
              <input name="other" required placeholder="anonymous:5e2f" autoComplete="off" />
            </label>
            <button type="submit" disabled={merging.isPending}>
              Make them one
            </button>
          </form>
        </section>
      )}
      <section aria-label="Merges">
        {merges.data?.length === 0 && <p className="note">Nobody joined or parted anybody yet.</p>}
        {merges.data && <Ties ties={merges.data} mayPart={may} />}
      </section>
    </div>
  );
}
