import type { Vocabulary } from "../api/types";

/** What the tracker says by itself: frequent, and seldom what somebody comes to ask about. */
const BY_ITSELF = new Set([
  "click",
  "dead_click",
  "engaged",
  "form",
  "impression",
  "rage_click",
  "scroll",
  "video",
  "web_vital",
]);

/** The events by how often they happen; those that a tracker says by itself come last. */
const byInterest = (vocabulary: Vocabulary | undefined): string[] =>
  (vocabulary?.events ?? [])
    .toSorted(
      (a, b) =>
        Number(BY_ITSELF.has(a.name)) - Number(BY_ITSELF.has(b.name)) ||
        (b.count ?? 0) - (a.count ?? 0),
    )
    .map((event) => event.name);

/** The event to begin with where an address names none. */
export const mostFrequent = (vocabulary: Vocabulary | undefined): string | undefined =>
  byInterest(vocabulary)[0];
