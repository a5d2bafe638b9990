import type { Vocabulary } from "../api/types";

/** The event to begin with where an address names none. */
export const mostFrequent = (vocabulary: Vocabulary | undefined): string | undefined =>
  vocabulary?.events.toSorted((a, b) => b.count - a.count)[0]?.name;
