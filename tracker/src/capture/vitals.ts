import type { Capture } from "../page.js";
import { safely } from "../safely.js";

const WINDOW = 5000;
const GAP = 1000;
const SLOW = 40;
const PER_OUTLIER = 50;
const KEPT = 10;

interface Entry extends PerformanceEntry {
  hadRecentInput?: boolean;
  value?: number;
  interactionId?: number;
}

/**
 * `web_vital`: how fast the page was for its visitor, each of FCP, LCP, CLS, INP and TTFB once.
 *
 * As web.dev/articles/vitals defines them: times in milliseconds, CLS without a unit; LCP, CLS
 * and INP are known when the page is first left or hidden.
 */
export const vitals: Capture = (page) => {
  if (document.visibilityState !== "visible") return;
  const tell = (metric: string, value: number) =>
    page.tell("web_vital", { metric, value: Math.round(value * 1000) / 1000 });
  let largest = 0;
  let reported = false;
  const shifts = layoutShifts();
  const delays = interactions();

  for (const each of performance.getEntriesByType("navigation"))
    tell("TTFB", (each as PerformanceNavigationTiming).responseStart);
  observe("paint", ({ name, startTime }) => {
    if (name === "first-contentful-paint") tell("FCP", startTime);
  });
  observe("largest-contentful-paint", ({ startTime }) => (largest = startTime));
  observe("layout-shift", shifts.add);
  observe("event", delays.add, { durationThreshold: SLOW });
  observe("first-input", delays.add);

  page.leaving(() => {
    if (reported) return;
    reported = true;
    if (largest) tell("LCP", largest);
    tell("CLS", shifts.worst());
    const delay = delays.slow();
    if (delay) tell("INP", delay);
  });
};

function observe(type: string, heard: (entry: Entry) => unknown, more: object = {}): void {
  try {
    new PerformanceObserver(
      safely((list: PerformanceObserverEntryList) => list.getEntries().forEach(heard)),
    ).observe({ type, buffered: true, ...more });
  } catch {
    // A browser that does not know this measure has none.
  }
}

/** The worst sum of shifts that are less than a second apart, within five seconds. */
function layoutShifts() {
  let [worst, sum, began, last] = [0, 0, 0, 0];
  return {
    worst: () => worst,
    add: ({ startTime, value = 0, hadRecentInput }: Entry) => {
      if (hadRecentInput) return;
      if (startTime - last > GAP || startTime - began > WINDOW) [sum, began] = [0, startTime];
      last = startTime;
      sum += value;
      worst = Math.max(worst, sum);
    },
  };
}

/** The longest an interaction took, but for one outlier in every fifty. */
function interactions() {
  const longest = new Map<number, number>();
  return {
    add: ({ interactionId: id, duration }: Entry) => {
      if (!id) return;
      longest.set(id, Math.max(longest.get(id) ?? 0, duration));
      if (longest.size <= KEPT) return;
      const [[least] = [0]] = [...longest].sort(([, a], [, b]) => a - b);
      longest.delete(least);
    },
    slow: () => {
      const counted = (performance as { interactionCount?: number }).interactionCount;
      const outliers = Math.floor((counted ?? longest.size) / PER_OUTLIER);
      const durations = [...longest.values()].sort((a, b) => b - a);
      return durations[Math.min(outliers, durations.length - 1)];
    },
  };
}
