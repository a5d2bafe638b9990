/** Times in a named zone. Days are written `2026-03-01`; instants are ISO 8601 in UTC. */

export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const dayParts = (zone: string) =>
  new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" });

/** The day on which `instant` falls in `zone`. */
export function dayIn(zone: string, instant: Date): string {
  return dayParts(zone).format(instant);
}

export function addDays(day: string, days: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

function offsetMinutes(zone: string, instant: Date): number {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" });
  const name = parts.formatToParts(instant).find((part) => part.type === "timeZoneName")?.value;
  const found = /([+-])(\d\d):(\d\d)/.exec(name ?? "");
  if (!found) return 0;
  const minutes = Number(found[2]) * 60 + Number(found[3]);
  return found[1] === "-" ? -minutes : minutes;
}

/** The instant at which `day` begins in `zone`, as ISO 8601 in UTC. */
export function startOf(day: string, zone: string): string {
  const asUtc = Date.parse(`${day}T00:00:00Z`);
  const guess = asUtc - offsetMinutes(zone, new Date(asUtc)) * 60_000;
  // The offset is asked again at the guess: it may differ on a day when clocks change.
  const instant = new Date(asUtc - offsetMinutes(zone, new Date(guess)) * 60_000);
  return instant.toISOString().replace(".000Z", "Z");
}

/** A point of a series: its day, and its hour where the series has hours. */
export function moment(iso: string, zone: string, withHour: boolean): string {
  const style: Intl.DateTimeFormatOptions = withHour
    ? { dateStyle: "medium", timeStyle: "short", timeZone: zone }
    : { dateStyle: "medium", timeZone: zone };
  return new Intl.DateTimeFormat(undefined, style).format(new Date(iso));
}

const MINUTES: Record<string, number> = { minute: 1, hour: 60, week: 10_080 };

/** Whether the interval that begins at `iso` has ended at `now`. */
export function isOver(iso: string, interval: string, now: Date): boolean {
  const end = new Date(iso);
  const months = { month: 1, quarter: 3, year: 12 }[interval];
  if (months) end.setUTCMonth(end.getUTCMonth() + months);
  else end.setUTCMinutes(end.getUTCMinutes() + (MINUTES[interval] ?? 1440));
  return end <= now;
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

/** The time of day in the person's own zone. */
export const timeOfDay = (iso: string): string => clock.format(new Date(iso));
