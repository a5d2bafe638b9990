/** The parts of ECharts that the server's options use. Loaded when the first picture is drawn. */
import { BarChart, FunnelChart, HeatmapChart, LineChart } from "echarts/charts";
import {
  AriaComponent,
  DatasetComponent,
  DataZoomComponent,
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

register([
  AriaComponent,
  BarChart,
  CanvasRenderer,
  DatasetComponent,
  DataZoomComponent,
  FunnelChart,
  GridComponent,
  HeatmapChart,
  LabelLayout,
  LegendComponent,
  LineChart,
  MarkAreaComponent,
  MarkLineComponent,
  TitleComponent,
  TooltipComponent,
  VisualMapComponent,
]);

const calm = matchMedia("(prefers-reduced-motion: reduce)");

export const start = (element: HTMLElement): ECharts => init(element);

/** Draw `option`. Tooltips are drawn as text on the canvas, so names are never read as HTML. */
export function draw(chart: ECharts, option: Record<string, unknown>) {
  const tooltip = { ...(option["tooltip"] as object | undefined), renderMode: "richText" };
  chart.setOption(
    { ...option, tooltip, ...(calm.matches && { animation: false }) },
    { notMerge: true },
  );
}
