// Made-up answers of the right shape.
const state = { position: 187_520, identity: 12, erasures: 0 };
const groupsOf = ({ by }) =>
  by?.length
    ? ["DE", "PT", null].map((value) => Object.fromEntries(by.map((name) => [name, value])))
    : [];

const funnelSteps = (steps, people) =>
  steps.map(({ event }, i) => {
    const here = Math.round(people * 0.46 ** i);
    return {
      event,
      people: here,
      conversion: here / people,
      conversion_from_previous: i ? here / Math.round(people * 0.46 ** (i - 1)) : null,
      median_seconds: i ? 190 * 7 ** i : null,
    };
  });

function retention(size, periods) {
  const cohorts = Array.from({ length: 10 }, (_, c) => ({
    from: new Date(Date.UTC(2026, 0, 5 + 7 * c)).toISOString(),
    size: size + 37 * ((c * 7) % 5),
    returned: Array.from({ length: periods + 1 }, (_, p) =>
      c + p > 10 ? null : Math.round(size * (p ? 0.42 * 0.82 ** p : 1)),
    ),
  }));
  return {
    cohorts,
    pooled: Array.from({ length: periods + 1 }, (_, p) => (p ? 0.42 * 0.82 ** p : 1)),
  };
}

function trends(spec) {
  const groups = groupsOf(spec);
  return spec.series.flatMap(({ event }, s) =>
    (groups.length ? groups : [{}]).map((by, g) => ({
      name: event,
      by,
      points: Array.from({ length: 60 }, (_, d) => [
        new Date(Date.UTC(2026, 1, 1 + d)).toISOString(),
        Math.round(1400 / (s + g + 1) + 300 * Math.sin((d + g) / 1.1) * (d % 7 > 4 ? 1.4 : 0.7)),
      ]),
    })),
  );
}

export function answerTo({ question, ...definition }) {
  const shown = { question, definition, state };
  if (question === "funnel")
    return {
      ...shown,
      steps: funnelSteps(definition.steps, 10_000),
      groups: groupsOf(definition).map((by, i) => ({
        by,
        steps: funnelSteps(definition.steps, 4_000 - 900 * i),
      })),
    };
  if (question === "retention")
    return {
      ...shown,
      ...retention(900, definition.periods),
      groups: groupsOf(definition).map((by, i) => ({
        by,
        ...retention(400 - 90 * i, definition.periods),
      })),
    };
  return { ...shown, series: trends(definition) };
}
