import type { AnyAnswer } from "../api/types";
import { count, counted } from "../words/numbers";

/** Says what is not told, and why, where something is not. */
export function Hidden({ answer: { hidden } }: { answer: AnyAnswer }) {
  if (!hidden) return null;
  const rows = hidden.rows > 0 ? ` ${counted(hidden.rows, "row")} of it are left out.` : "";
  return (
    <p className="note" role="note">
      “hidden” stands for numbers about fewer than {count(hidden.fewer_than)} people, and for those
      by which they could be computed.{rows}
    </p>
  );
}
