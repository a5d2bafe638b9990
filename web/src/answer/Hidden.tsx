import type { AnyAnswer } from "../api/types";
import { count, counted } from "../words/numbers";

/** Says what is not told, or how far numbers may be off, and why. */
export function Hidden({ answer: { hidden, noise } }: { answer: AnyAnswer }) {
  if (noise)
    return (
      <p className="note" role="note">
        Each count has noise, so that it tells of nobody: in 95 of 100 answers it is off by{" "}
        {count(noise.within)} at most.
      </p>
    );
  if (!hidden) return null;
  const rows = hidden.rows > 0 ? ` ${counted(hidden.rows, "row")} of it are left out.` : "";
  return (
    <p className="note" role="note">
      “hidden” stands for numbers about fewer than {count(hidden.fewer_than)} people, and for those
      by which they could be computed.{rows}
    </p>
  );
}
