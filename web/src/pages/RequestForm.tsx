import { useMutation } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useChange } from "../api/access";
import { download } from "../api/client";
import type { Receipt } from "../api/types";
import { ProblemNote } from "../answer/ProblemNote";
import { counted } from "../words/numbers";

const KINDS = ["user", "anonymous", "device", "person"];

/** Names a person, and asks for all that is kept, or that it goes. */
export function RequestForm({ mayErase, mayOpen }: { mayErase: boolean; mayOpen: boolean }) {
  const [kind, setKind] = useState("user");
  const [name, setName] = useState("");
  const [isSure, setIsSure] = useState(false);
  const [goes, setGoes] = useState(false);
  const erase = useChange<Receipt>();
  const archive = useMutation({
    mutationFn: (id: string) => download("/api/person/archive", { id }, "person.zip"),
  });
  const id = `${kind}:${name}`;

  function send(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    setIsSure(false);
    erase.mutate({ method: "POST", path: "/api/erasures", body: { id, events: goes } });
  }

  const problem = archive.error ?? erase.error;
  const done = erase.data?.erasure.nodes?.length;
  return (
    <section aria-labelledby="request">
      <h2 id="request">A person’s request</h2>
      <form onSubmit={send}>
        <label className="label">
          Kind of id
          <select value={kind} onChange={(event) => setKind(event.target.value)}>
            {KINDS.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        <label className="label">
          Id
          <input
            required
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        {mayOpen && (
          <button type="button" disabled={!name} onClick={() => archive.mutate(id)}>
            {archive.isPending ? "Collecting…" : "Download all that is kept"}
          </button>
        )}
        {mayErase && (
          <fieldset>
            <label>
              <input
                type="checkbox"
                checked={goes}
                onChange={(event) => setGoes(event.target.checked)}
              />{" "}
              What the person did goes too
            </label>
            <label>
              <input
                type="checkbox"
                checked={isSure}
                onChange={(event) => setIsSure(event.target.checked)}
              />{" "}
              It cannot be undone, and is meant
            </label>
          </fieldset>
        )}
        {mayErase && (
          <button type="submit" disabled={!name || !isSure || erase.isPending}>
            Erase the person
          </button>
        )}
      </form>
      {problem && <ProblemNote error={problem} />}
      {done !== undefined && (
        <p className="told" role="status">
          Nobody can read it any more: {counted(done, "id")} and their keys are destroyed.
        </p>
      )}
    </section>
  );
}
