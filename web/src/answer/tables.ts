/** What the steps of a funnel and the points of a trend are, as grids. */
import type { FunnelAnswer, TrendsAnswer } from "../api/types";
import { count, duration, quantity, share } from "../words/numbers";
import { isOver, moment } from "../words/times";
import { asked, groupName, orNotKnown, words } from "./cells";
import type { Cell, Grid } from "./grid";

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
    return { name: "funnel", caption, head, rows: answer.steps.map((step, i) => row(step, i, [])) };
  const all = [
    { name: "Everybody", steps: answer.steps },
    ...groups.map(({ by, steps }) => ({ name: groupName(by), steps })),
  ];
  return {
    name: "funnel",
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
      name: "trends",
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
    name: "trends",
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
