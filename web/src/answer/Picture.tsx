import type { ECharts } from "echarts/core";
import { useEffect, useRef } from "react";
import "./Picture.css";

interface Props {
  option: Record<string, unknown>;
  /** The picture in words. */
  label: string;
}

/** A chart; its numbers stand in the table that follows. */
export function Picture({ option, label }: Props) {
  const placeRef = useRef<HTMLDivElement>(null);
  const chartRef = useRef<ECharts | null>(null);

  useEffect(() => {
    const place = placeRef.current;
    if (!place) return;
    let gone = false;
    // A canvas does not draw itself again when its font arrives.
    void Promise.all([import("./draw"), document.fonts.ready]).then(([{ start, draw }]) => {
      if (gone) return;
      chartRef.current ??= start(place);
      draw(chartRef.current, option);
    });
    return () => {
      gone = true;
    };
  }, [option]);

  useEffect(() => {
    const watcher = new ResizeObserver(() => chartRef.current?.resize());
    if (placeRef.current) watcher.observe(placeRef.current);
    return () => {
      watcher.disconnect();
      chartRef.current?.dispose();
      chartRef.current = null;
    };
  }, []);

  return <div ref={placeRef} className="picture" role="img" aria-label={label} />;
}
