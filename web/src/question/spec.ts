/** Questions as data: what the pages' forms edit, the address holds and the server is asked. */
import { addDays, dayIn, startOf } from "../words/times";

export type Scalar = string | number | boolean;
export const OPS = [
  "=",
  "!=",
  ">",
  ">=",
  "<",
  "<=",
  "in",
  "not_in",
  "contains",
  "matches",
  "exists",
  "is_null",
] as const;
export type Op = (typeof OPS)[number];
export const takesNothing = (op: Op): boolean => op === "exists" || op === "is_null";
export interface Comparison {
  property: string | string[];
  op: Op;
  value?: Scalar | Scalar[];
}
export type Predicate =
  Comparison | { all: Predicate[] } | { any: Predicate[] } | { not: Predicate };

export interface EventChoice {
  event: string;
  where?: Predicate;
}

/** What every question's address may say. `last` counts days and moves with the calendar. */
export interface Common {
  last?: number;
  from?: string;
  to?: string;
  where?: Predicate;
  by?: string[];
  timezone?: string;
}

export interface FunnelDraft extends Common {
  steps?: EventChoice[];
  within?: string;
  order?: "ordered" | "any" | "strict";
}

export const MEASURES = [
  "total",
  "people",
  "distinct",
  "sum",
  "mean",
  "min",
  "max",
  "p50",
  "p90",
  "p95",
  "p99",
] as const;
export type Measure = (typeof MEASURES)[number];
export const countsOnly = (measure: Measure): boolean =>
  measure === "total" || measure === "people";
export interface SeriesChoice extends EventChoice {
  measure: Measure;
  property?: string;
}
export const INTERVALS = ["hour", "day", "week", "month", "all"] as const;
export type Interval = (typeof INTERVALS)[number];
export const COMPARED = ["previous", "year_before"] as const;
export interface TrendsDraft extends Common {
  series?: SeriesChoice[];
  interval?: Interval;
  compare?: (typeof COMPARED)[number];
}

export const MODES = ["on", "on_or_after", "on_or_before", "streak"] as const;
export interface RetentionDraft extends Common {
  start?: EventChoice;
  return?: EventChoice;
  period?: "day" | "week" | "month";
  periods?: number;
  brackets?: number[];
  mode?: (typeof MODES)[number];
  clock?: "calendar" | "rolling";
  silent?: string;
  start_mode?: "first_ever" | "first_in_range" | "recurring";
}

/** A spec to ask, or the one thing that is still to be said. */
export type Asked = { spec: object } | { missing: string };

const isSaid = ({ property, op, value }: Comparison): boolean =>
  property.length > 0 &&
  (takesNothing(op) ||
    (Array.isArray(value) ? value.length > 0 : value !== undefined && value !== ""));

/** `predicate` without the conditions that are still being written. */
export function said(predicate: Predicate | undefined): Predicate | undefined {
  if (!predicate) return undefined;
  if ("property" in predicate) return isSaid(predicate) ? predicate : undefined;
  if ("not" in predicate) {
    const not = said(predicate.not);
    return not && { not };
  }
  const [form, parts] =
    "all" in predicate ? (["all", predicate.all] as const) : (["any", predicate.any] as const);
  const kept = parts.map(said).filter((part) => part !== undefined);
  return kept.length === 0 ? undefined : form === "all" ? { all: kept } : { any: kept };
}

/** `choice` with these conditions, or with none. */
export function withWhere<T extends EventChoice>(choice: T, where: Predicate | undefined): T {
  const { where: _, ...rest } = choice;
  return (where ? { ...rest, where } : rest) as T;
}

const eventSaid = <T extends EventChoice>(choice: T): T => withWhere(choice, said(choice.where));

const common = (draft: Common, today: Date) => {
  const timezone = draft.timezone ?? "UTC";
  const range: { from?: string; to?: string } = {};
  if (draft.last !== undefined) {
    const day = dayIn(timezone, today);
    range.from = startOf(addDays(day, 1 - draft.last), timezone);
    range.to = startOf(addDays(day, 1), timezone);
  } else {
    if (draft.from) range.from = startOf(draft.from, timezone);
    // The last day that the form names is part of the question; a spec's `to` is not.
    if (draft.to) range.to = startOf(addDays(draft.to, 1), timezone);
  }
  const where = said(draft.where);
  return {
    ...range,
    ...(where && { where }),
    ...(draft.by?.length && { by: draft.by }),
    timezone,
  };
};

export function funnelSpec(draft: FunnelDraft, today: Date): Asked {
  const { steps = [], within, order } = draft;
  const empty = steps.findIndex((step) => !step.event);
  if (empty >= 0) return { missing: `Choose the event of step ${empty + 1}.` };
  return {
    spec: {
      question: "funnel",
      steps: steps.map(eventSaid),
      ...(within && { within }),
      order: order ?? "ordered",
      ...common(draft, today),
    },
  };
}

export function trendsSpec(draft: TrendsDraft, today: Date): Asked {
  const { series = [], interval, compare } = draft;
  if (series.length === 0) return { missing: "Add an event to count." };
  for (const [i, { event, measure, property }] of series.entries()) {
    if (!event) return { missing: `Choose the event of series ${i + 1}.` };
    if (!countsOnly(measure) && !property)
      return {
        missing: `Choose the property of series ${i + 1}: the ${measure} is that of its values.`,
      };
  }
  if (compare && draft.last === undefined && !draft.from)
    return { missing: "Choose the days: there is nothing before all data to compare with." };
  const measured = series.map(eventSaid);
  return {
    spec: {
      question: "trends",
      series: measured,
      interval: interval ?? "day",
      ...(compare && { compare }),
      ...common(draft, today),
    },
  };
}

export function retentionSpec(draft: RetentionDraft, today: Date): Asked {
  if (!draft.start?.event) return { missing: "Choose the event that people start with." };
  if (!draft.return?.event) return { missing: "Choose the event that counts as coming back." };
  return {
    spec: {
      question: "retention",
      start: eventSaid(draft.start),
      return: eventSaid(draft.return),
      period: draft.period ?? "week",
      ...(draft.brackets ? { brackets: draft.brackets } : { periods: draft.periods ?? 8 }),
      mode: draft.mode ?? "on",
      clock: draft.clock ?? "calendar",
      ...(draft.silent && { silent: draft.silent }),
      start_mode: draft.start_mode ?? "first_in_range",
      ...common(draft, today),
    },
  };
}
