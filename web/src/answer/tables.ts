/** What the steps of a funnel and the points of a trend are, as grids. */
import type { FunnelAnswer, TrendsAnswer } from "../api/types";
import { change, count, duration, quantity, share } from "../words/numbers";
import { isOver, moment } from "../words/times";
import { asked, groupName, hiding, orNotKnown, words } from "./cells";
import type { Cell, Grid } from "./grid";

export function funnelGrid(answer: FunnelAnswer): Grid {
  const groups = answer.groups ?? [];
  const told = hiding(answer);
  const row = (
    step: FunnelAnswer["steps"][number],
    i: number,
    first: Cell[],
    part: string,
  ): Cell[] => {
    const at = `${part}.steps[${i}]`;
    return [
      ...first,
      words(`${i + 1}. ${step.event}`),
      told(`${at}.people`, orNotKnown(step.people, count)),
      told(`${at}.conversion`, orNotKnown(step.conversion, share)),
      told(`${at}.conversion_from_previous`, orNotKnown(step.conversion_from_previous, share)),
      told(`${at}.median_seconds`, orNotKnown(step.median_seconds, duration)),
    ];
  };
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
    return {
      name: "funnel",
      caption,
      head,
      rows: answer.steps.map((step, i) => row(step, i, [], "$")),
    };
  const all = [
    { name: "Everybody", steps: answer.steps, part: "$" },
    ...groups.map(({ by, steps }, i) => ({ name: groupName(by), steps, part: `$.groups[${i}]` })),
  ];
  return {
    name: "funnel",
    caption,
    head: ["Who", ...head],
    rows: all.flatMap(({ name, steps, part }) =>
      steps.map((step, i) => row(step, i, [words(name)], part)),
    ),
  };
}

export function trendsGrid(answer: TrendsAnswer, now = new Date()): Grid {
  const interval = asked(answer, "interval", "day");
  if (interval === "all") return totalsGrid(answer);
  const zone = asked(answer, "timezone", "UTC");
  const told = hiding(answer);
  const lines = answer.series.flatMap((series, s) => {
    const { points, compared = [] } = series;
    const cells = (name: "points" | "compared", values: (number | null)[]) =>
      new Map(
        points.map(([iso], i) => [
          iso,
          told(`$.series[${s}].${name}[${i}][1]`, orNotKnown(values[i] ?? null, quantity)),
        ]),
      );
    const now = cells(
      "points",
      points.map(([, value]) => value),
    );
    const then = cells(
      "compared",
      compared.map(([, value]) => value),
    );
    const line = { name: seriesName(series), values: now };
    const before = { name: `${line.name}, before`, values: then };
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
      ...lines.map(({ values }) => values.get(iso) ?? orNotKnown(null, quantity)),
    ]),
  };
}

function totalsGrid(answer: TrendsAnswer): Grid {
  const { series } = answer;
  const told = hiding(answer);
  const isCompared = series.some(({ compared }) => compared?.length);
  return {
    name: "trends",
    caption: "Each row is one series, over all of the time that was asked",
    head: ["What", "How much", ...(isCompared ? ["Before", "Change"] : [])],
    rows: series.map((each, s) => {
      const now = each.points[0]?.[1] ?? null;
      const before = each.compared?.[0]?.[1] ?? null;
      const grown = now !== null && before !== null && before > 0 ? now / before - 1 : null;
      return [
        words(seriesName(each)),
        told(`$.series[${s}].points[0][1]`, orNotKnown(now, quantity)),
        ...(isCompared
          ? [
              told(`$.series[${s}].compared[0][1]`, orNotKnown(before, quantity)),
              orNotKnown(grown, change),
            ]
          : []),
      ];
    }),
  };
}

const seriesName = ({ name, by }: TrendsAnswer["series"][number]): string =>
  [groupName(by ?? {}), name].filter(Boolean).join(", ");
