// Plain pictures in place of the server's: enough to see the page around them.
const colours = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"];

const series = {
  funnel: ({ steps }) => ({
    headline: `${steps.at(-1).people} of ${steps[0].people} people reached ${steps.at(-1).event}.`,
    xAxis: { type: "category", data: steps.map((step) => step.event) },
    yAxis: { type: "value" },
    series: [{ type: "bar", data: steps.map((step) => step.people), barMaxWidth: 96 }],
  }),
  trends: ({ series }) => ({
    headline: `${series[0].name} happened ${series[0].points.at(-1)[1]} times on the last day.`,
    xAxis: { type: "time" },
    yAxis: { type: "value" },
    series: series.map(({ name, points }) => ({
      name,
      type: "line",
      data: points,
      showSymbol: false,
    })),
  }),
  retention: ({ cohorts, pooled }) => ({
    headline: `${(100 * pooled[1]).toFixed(1)} % of people came back in the first period after they started.`,
    xAxis: { type: "category", data: pooled.map((_, i) => String(i)) },
    yAxis: {
      type: "category",
      inverse: true,
      data: cohorts.map((cohort) => cohort.from.slice(0, 10)),
    },
    visualMap: { min: 0, max: 1, show: false, inRange: { color: ["#f0f4f8", "#0072B2"] } },
    series: [
      {
        type: "heatmap",
        data: cohorts.flatMap(({ size, returned }, y) =>
          returned.flatMap((people, x) => (people === null ? [] : [[x, y, people / size]])),
        ),
      },
    ],
  }),
};

export function figureOf(answer, theme) {
  const { headline, ...option } = series[answer.question](answer);
  const ink = theme === "dark" ? "#a3abb8" : "#5a626e";
  return {
    title: "",
    headline,
    option: {
      color: colours,
      textStyle: { fontFamily: "Inter", color: ink },
      grid: { left: 8, right: 8, top: 24, bottom: 8, containLabel: true },
      tooltip: { trigger: "axis" },
      aria: { enabled: true },
      ...option,
    },
  };
}
