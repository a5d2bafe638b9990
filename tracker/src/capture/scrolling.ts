import type { Capture } from "../page.js";
import { listen } from "../safely.js";
import { sizes } from "./sizes.js";

/** `scroll`: how deep a page was seen, as a share of its height; told when it is left. */
export const scrolling: Capture = (page) => {
  let lowest = 0;
  let told = 0;
  const look = () => {
    lowest = Math.max(lowest, scrollY + innerHeight);
  };
  listen(window, ["scroll", "resize"], look);
  page.leaving(() => {
    const size = sizes();
    const depth = Math.min(1, Math.max(lowest, innerHeight) / (size.page_height || 1));
    if (depth <= told) return;
    told = depth;
    page.tell("scroll", { scroll_depth: Math.round(depth * 1000) / 1000, ...size });
  });
  page.arriving(() => {
    lowest = told = 0;
  });
};
