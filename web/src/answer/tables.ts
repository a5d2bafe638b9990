/** Each question's answer as a grid. */
import type { Answer, By, FunnelAnswer, RetentionAnswer, TrendsAnswer } from "../api/types";
import { count, duration, quantity, share } from "../words/numbers";
import { isOver, moment } from "../words/times";
import { words, type Cell, type Grid } from "./grid";

const NOT_KNOWN = "–";
const orNotKnown = (value: number | null, show: (value: number) => string): Cell => ({
  value,
  shown: value === null ? NOT_KNOWN : show(value),
});
const groupName = (by: By): string =>
  Object.entries(by)
    .map(([name, value]) => `${name}: ${value === null ? "none" : String(value)}`)
    .join(", ");
/** A word of the question that was asked. */
function asked({ definition }: Answer, field: string, otherwise: string): string {
  const value = definition[field];
  return typeof value === "string" ? value : otherwise;
}

export function funnelGrid(answer: FunnelAnswer): Grid {
  const groups = answer.groups ?? [];
  const row = (step: FunnelAnswer["steps"][number], i: number, first: Cell[]): Cell[] => [
    ...first,
    words(`${i + 1}. ${step.event}`),
    orNotKnown(step.people, count),
    orNotKnown(step.conversion, share),
    orNotKnown(step.conversion_from_previous, share),
    orNotKnown(step.median_seconds, duration),
  ];
  const head = [
    "Step",
    "People",
    "Of the first step",
    "Of the step before",
    "Median time to get here",
  ];
  const caption =
    "People who came this far, and how long the half of them took from the step before";
  if (groups.length === 0)
    return { caption, head, rows: answer.steps.map((step, i) => row(step, i, [])) };
  const all = [
    { name: "Everybody", steps: answer.steps },
    ...groups.map(({ by, steps }) => ({ name: groupName(by), steps })),
  ];
  return {
    caption,
    head: ["Who", ...head],
    rows: all.flatMap(({ name, steps }) => steps.map((step, i) => row(step, i, [words(name)]))),
  };
}

export function trendsGrid(answer: TrendsAnswer, now = new Date()): Grid {
  const zone = asked(answer, "timezone", "UTC");
  const interval = asked(answer, "interval", "day");
  const names = answer.series.map(({ name, by }) =>
    [groupName(by ?? {}), name].filter(Boolean).join(", "),
  );
  if (interval === "all")
    return {
      caption: "Each row is one series, over all of the time that was asked",
      head: ["What", "How much"],
      rows: answer.series.map(({ points }, i) => [
        words(names[i] ?? ""),
        orNotKnown(points[0]?.[1] ?? null, quantity),
      ]),
    };
  const values = answer.series.map((series) => new Map(series.points));
  const times = [
    ...new Set(answer.series.flatMap((series) => series.points.map(([iso]) => iso))),
  ].sort();
  return {
    caption: `Each row is one ${interval}; times in ${zone}`,
    head: ["Begins", ...names],
    rows: times.map((iso) => [
      {
        value: iso,
        shown:
          moment(iso, zone, interval === "hour") +
          (isOver(iso, interval, now) ? "" : ", not over yet"),
      },
      ...values.map((points) => orNotKnown(points.get(iso) ?? null, quantity)),
    ]),
  };
}

export function retentionGrid(answer: RetentionAnswer): Grid {
  const zone = asked(answer, "timezone", "UTC");
  const period = asked(answer, "period", "week");
  const cell = (part: number | null, shown: (part: number) => string): Cell => ({
    ...orNotKnown(part, shown),
    ...(part !== null && { heat: part }),
  });
  const groups = [
    { name: "", cohorts: answer.cohorts, pooled: answer.pooled },
    ...(answer.groups ?? []).map((group) => ({ ...group, name: groupName(group.by) })),
  ];
  const periods = Math.max(0, ...groups.map(({ pooled }) => pooled.length));
  return {
    caption: `Share of those who started in each ${period} and came back so many ${period}s later; “${NOT_KNOWN}” is not over yet. Times in ${zone}`,
    head: [
      "Started",
      "People",
      ...Array.from({ length: periods }, (_, i) => `${capital(period)} ${i}`),
    ],
    rows: groups.flatMap(({ name, cohorts, pooled }) => [
      [
        words(name || "Everybody"),
        orNotKnown(
          cohorts.reduce((sum, { size }) => sum + size, 0),
          count,
        ),
        ...pooled.map((part) => cell(part, share)),
      ],
      ...cohorts.map(({ from, size, returned }) => [
        words([name, moment(from, zone, false)].filter(Boolean).join(", ")),
        orNotKnown(size, count),
        ...returned.map((people) =>
          cell(people === null || size === 0 ? null : people / size, share),
        ),
      ]),
    ]),
  };
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
