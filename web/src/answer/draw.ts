/** The parts of ECharts that the server's options use. Loaded when the first picture is drawn. */
import {
  BarChart,
  BoxplotChart,
  FunnelChart,
  HeatmapChart,
  LineChart,
  SankeyChart,
  ScatterChart,
} from "echarts/charts";
import {
  AriaComponent,
  DatasetComponent,
  DataZoomComponent,
  GraphicComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TitleComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import { init, use as register, type ECharts } from "echarts/core";
import { LabelLayout } from "echarts/features";
import { CanvasRenderer } from "echarts/renderers";
import { quantity } from "../words/numbers";

register([
  AriaComponent,
  BarChart,
  BoxplotChart,
  CanvasRenderer,
  DatasetComponent,
  DataZoomComponent,
  FunnelChart,
  GraphicComponent,
  GridComponent,
  HeatmapChart,
  LabelLayout,
  LegendComponent,
  LineChart,
  SankeyChart,
  ScatterChart,
  MarkAreaComponent,
  MarkLineComponent,
  TitleComponent,
  TooltipComponent,
  VisualMapComponent,
]);

const calm = matchMedia("(prefers-reduced-motion: reduce)");

export const start = (element: HTMLElement): ECharts => init(element);

interface Point {
  axisValueLabel: string;
  data: { label: { formatter: string }; value: number | [number, number, number] } | number;
  marker: string;
  name: string;
  seriesName: string;
  value: number | null | undefined;
}
type Part = { axisLabel?: { formatter?: string }; data?: string[]; trigger?: string } | undefined;

const LONGEST_NAME = 40;
const shortened = (name: string): string =>
  name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name;

/** Every line's value at one place, once: a whole line and its dashed ends have one name. */
function valuesAt(option: Record<string, unknown>): (points: Point[]) => string {
  const label = (option["yAxis"] as Part)?.axisLabel?.formatter ?? "{value}";
  return (points) => {
    const known = points.filter(({ value }) => typeof value === "number");
    const lines = new Map(known.map((point) => [point.seriesName, point]));
    return [
      points[0]?.axisValueLabel ?? "",
      ...[...lines.values()].map(
        ({ marker, seriesName, value }) =>
          `${marker} ${shortened(seriesName)}: ${label.replace("{value}", quantity(value ?? 0))}`,
      ),
    ].join("\n");
  };
}

/** What one bar, cell or point of `option` says: whose it is, and its number with its unit. */
function valueOf(option: Record<string, unknown>): (point: Point) => string {
  const names = (part: string): string[] => (option[part] as Part)?.data ?? [];
  return ({ data, name, seriesName }) => {
    const said = (where: string, what: string) =>
      [...names("legend").filter((each) => each === seriesName), where, what]
        .map(shortened)
        .join("\n");
    if (typeof data === "number") return said(name, `${quantity(data)}%`);
    if (!Array.isArray(data.value)) return said(name, data.label.formatter);
    const [x, y, rate] = data.value;
    return said(`${names("yAxis")[y]}`, `${names("xAxis")[x]}: ${quantity(rate)}%`);
  };
}

/** Draw `option`. Tooltips are drawn as text on the canvas, so names are never read as HTML. */
export function draw(chart: ECharts, option: Record<string, unknown>) {
  const asked = option["tooltip"] as Part;
  const formatter = asked?.trigger === "axis" ? valuesAt(option) : valueOf(option);
  const tooltip = { ...asked, formatter, renderMode: "richText" };
  chart.setOption(
    { ...option, tooltip, ...(calm.matches && { animation: false }) },
    { notMerge: true },
  );
}
