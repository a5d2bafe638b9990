/** What the steps of a funnel and the points of a trend are, as grids. */
import type { FunnelAnswer, TrendsAnswer } from "../api/types";
import { change, count, duration, quantity, share } from "../words/numbers";
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
  const interval = asked(answer, "interval", "day");
  if (interval === "all") return totalsGrid(answer);
  const zone = asked(answer, "timezone", "UTC");
  const lines = answer.series.flatMap((series) => {
    const { points, compared = [] } = series;
    const then = points.map(([iso], i) => [iso, compared[i]?.[1] ?? null] as const);
    const line = { name: seriesName(series), values: new Map(points) };
    const before = { name: `${line.name}, before`, values: new Map(then) };
    return compared.length > 0 ? [line, before] : [line];
  });
  const times = [...new Set(lines.flatMap(({ values }) => [...values.keys()]))].sort();
  return {
    name: "trends",
    caption: `Each row is one ${interval}; times in ${zone}`,
    head: ["Begins", ...lines.map(({ name }) => name)],
    rows: times.map((iso) => [
      {
        value: iso,
        shown:
          moment(iso, zone, interval === "hour") +
          (isOver(iso, interval, now) ? "" : ", not over yet"),
      },
      ...lines.map(({ values }) => orNotKnown(values.get(iso) ?? null, quantity)),
    ]),
  };
}

function totalsGrid({ series }: TrendsAnswer): Grid {
  const isCompared = series.some(({ compared }) => compared?.length);
  return {
    name: "trends",
    caption: "Each row is one series, over all of the time that was asked",
    head: ["What", "How much", ...(isCompared ? ["Before", "Change"] : [])],
    rows: series.map((each) => {
      const now = each.points[0]?.[1] ?? null;
      const before = each.compared?.[0]?.[1] ?? null;
      const grown = now !== null && before !== null && before > 0 ? now / before - 1 : null;
      return [
        words(seriesName(each)),
        orNotKnown(now, quantity),
        ...(isCompared ? [orNotKnown(before, quantity), orNotKnown(grown, change)] : []),
      ];
    }),
  };
}

const seriesName = ({ name, by }: TrendsAnswer["series"][number]): string =>
  [groupName(by ?? {}), name].filter(Boolean).join(", ");
