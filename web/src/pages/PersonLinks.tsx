import type { Person } from "../api/types";
import { counted } from "../words/numbers";
import { Ties } from "./Ties";

interface Props {
  pages: readonly Person[];
  mayPart: boolean;
  onMore: (() => void) | null;
}

/** The ids of a person and what makes them one, as far as it was asked for. */
export function PersonLinks({ pages, mayPart, onMore }: Props) {
  const ids = pages.flatMap((page) => page.ids);
  const count = pages[0]?.id_count ?? 0;
  return (
    <section aria-labelledby="ids">
      <h2 id="ids">Ids and merges</h2>
      <p>
        {counted(count, "id")}: {ids.join(", ")}
        {count > ids.length && `, and ${(count - ids.length).toLocaleString("en")} more`}.
      </p>
      <Ties ties={pages.flatMap((page) => page.links)} mayPart={mayPart} />
      {onMore && (
        <p>
          <button type="button" onClick={onMore}>
            More
          </button>
        </p>
      )}
    </section>
  );
}
