import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { post } from "../api/client";
import type { AnyAnswer, People } from "../api/types";
import { counted } from "../words/numbers";
import { ProblemNote } from "./ProblemNote";

const FIRST: Record<string, string> = { funnel: '{"step": 1}' };
const SHOWN = 50;

/** Who is behind one of the answer's numbers; a cell says which, as the guide has it. */
export function PeopleOf({ answer }: { answer: AnyAnswer }) {
  const [cell, setCell] = useState(FIRST[answer.question] ?? "{}");
  const { rules: _, ...question } = answer.definition;
  const people = useMutation({
    mutationFn: () =>
      post<People>("/api/people", { question, cell: JSON.parse(cell) as unknown, limit: SHOWN }),
  });
  const isBroken = !isObject(cell);
  return (
    <details className="stack">
      <summary>The people behind a number</summary>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBroken) people.mutate();
        }}
      >
        <label className="label">
          <span>Which number</span>
          <input
            value={cell}
            aria-invalid={isBroken}
            onChange={({ target }) => setCell(target.value)}
          />
        </label>
        <button disabled={isBroken || people.isPending}>List</button>
      </form>
      {people.error && <ProblemNote error={people.error} onRetry={() => people.mutate()} />}
      {people.data && (
        <p role="status">
          {counted(people.data.count, "person", "people")}
          {people.data.people.length > 0 && `: ${people.data.people.join(", ")}`}
          {people.data.count > people.data.people.length && " …"}
        </p>
      )}
    </details>
  );
}

function isObject(text: string): boolean {
  try {
    const said: unknown = JSON.parse(text);
    return typeof said === "object" && said !== null && !Array.isArray(said);
  } catch {
    return false;
  }
}
