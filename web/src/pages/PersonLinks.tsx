import type { Person } from "../api/types";
import { counted } from "../words/numbers";
import { Ties } from "./Ties";

/** The ids of a person and what makes them one. */
export function PersonLinks({ person, mayPart }: { person: Person; mayPart: boolean }) {
  return (
    <section aria-labelledby="ids">
      <h2 id="ids">Ids and merges</h2>
      <p>
        {counted(person.ids.length, "id")}: {person.ids.join(", ")}.
      </p>
      <Ties ties={person.links} mayPart={mayPart} />
    </section>
  );
}
