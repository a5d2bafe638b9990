/** What an address says, read with care: it may have been written by hand. */
import {
  COMPARED,
  INTERVALS,
  MEASURES,
  MODES,
  OPS,
  type Common,
  type EventChoice,
  type FunnelDraft,
  type Predicate,
  type RetentionDraft,
  type Scalar,
  type SeriesChoice,
  type TrendsDraft,
} from "./spec";

type Said = Record<string, unknown>;

const isObject = (value: unknown): value is Said =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isScalar = (value: unknown): value is Scalar =>
  ["string", "number", "boolean"].includes(typeof value);
const text = (value: unknown): string | undefined =>
  typeof value === "string" || typeof value === "number" ? String(value) : undefined;
const oneOf = <T extends string>(value: unknown, known: readonly T[]): T | undefined =>
  known.find((each) => each === value);
const day = (value: unknown): string | undefined =>
  typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value) && !isNaN(Date.parse(value))
    ? value
    : undefined;
const whole = (value: unknown, most: number): number | undefined =>
  typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= most
    ? value
    : undefined;
const list = <T>(value: unknown, read: (each: unknown) => T | undefined): T[] | undefined =>
  Array.isArray(value) ? value.map(read).filter((each) => each !== undefined) : undefined;

/** `T` without the fields that are undefined. */
type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
function present<T extends object>(fields: T): Present<T> {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as Present<T>;
}

function zone(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  try {
    new Intl.DateTimeFormat("en", { timeZone: value });
    return value;
  } catch {
    return undefined;
  }
}

function predicate(value: unknown): Predicate | undefined {
  if (!isObject(value)) return undefined;
  const all = list(value["all"], predicate);
  if (all) return { all };
  const any = list(value["any"], predicate);
  if (any) return { any };
  const not = predicate(value["not"]);
  if (not) return { not };
  const property = text(value["property"]) ?? list(value["property"], text);
  const op = oneOf(value["op"], OPS);
  if (property === undefined || !op) return undefined;
  const compared =
    list(value["value"], (each) => (isScalar(each) ? each : undefined)) ?? value["value"];
  return isScalar(compared) || Array.isArray(compared)
    ? { property, op, value: compared }
    : { property, op };
}

function eventChoice(value: unknown): EventChoice | undefined {
  if (!isObject(value)) return undefined;
  return { event: text(value["event"]) ?? "", ...present({ where: predicate(value["where"]) }) };
}

function seriesChoice(value: unknown): SeriesChoice | undefined {
  if (!isObject(value)) return undefined;
  const measure = oneOf(value["measure"], MEASURES) ?? "total";
  return {
    event: text(value["event"]) ?? "",
    measure,
    ...present({ property: text(value["property"]), where: predicate(value["where"]) }),
  };
}

const common = (said: Said): Common =>
  present({
    last: whole(said["last"], 3_650),
    from: day(said["from"]),
    to: day(said["to"]),
    where: predicate(said["where"]),
    by: list(said["by"], text),
    timezone: zone(said["timezone"]),
  });

export const readPeople = (said: Said): { property?: string; value?: string } =>
  present({ property: text(said["property"]), value: text(said["value"]) });

export const readFunnel = (said: Said): FunnelDraft => ({
  ...common(said),
  ...present({
    steps: list(said["steps"], eventChoice),
    within: text(said["within"]),
    order: oneOf(said["order"], ["ordered", "any", "strict"]),
  }),
});

export const readTrends = (said: Said): TrendsDraft => ({
  ...common(said),
  ...present({
    series: list(said["series"], seriesChoice),
    interval: oneOf(said["interval"], INTERVALS),
    compare: oneOf(said["compare"], COMPARED),
  }),
});

export const readRetention = (said: Said): RetentionDraft => ({
  ...common(said),
  ...present({
    start: eventChoice(said["start"]),
    return: eventChoice(said["return"]),
    period: oneOf(said["period"], ["day", "week", "month"]),
    periods: whole(said["periods"], 60),
    brackets: list(said["brackets"], (each) => whole(each, 60)),
    mode: oneOf(said["mode"], MODES),
    clock: oneOf(said["clock"], ["calendar", "rolling"]),
    silent: text(said["silent"]),
    start_mode: oneOf(said["start_mode"], ["first_ever", "first_in_range", "recurring"]),
  }),
});

/** Any question: its name, and those of its fields that are said. */
export interface AskDraft {
  question?: string;
  fields?: Record<string, unknown>;
}

export function readAsk(said: Said): AskDraft {
  return present({
    question: text(said["question"]),
    fields: isObject(said["fields"]) ? said["fields"] : undefined,
  });
}

/** What `read` understands of an address; the router would keep the rest as it stands there. */
export const only =
  <T extends object>(read: (said: Said) => T) =>
  (said: Said): T => ({
    ...Object.fromEntries(Object.keys(said).map((name) => [name, undefined])),
    ...read(said),
  });
