import type { Vocabulary } from "../api/types";

/** The events to begin with where an address names none. */
export function mostFrequent(vocabulary: Vocabulary | undefined, most: number): string[] {
  const events = [...(vocabulary?.events ?? [])].sort((a, b) => b.count - a.count);
  return events.slice(0, most).map((event) => event.name);
}
