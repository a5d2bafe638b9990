import type { Capture } from "../page.js";
import { listen } from "../safely.js";

const PAUSE = 15_000;
const SIGNS = [
  "pointerdown",
  "pointermove",
  "keydown",
  "scroll",
  "touchstart",
  "touchmove",
  "wheel",
  "click",
  "timeupdate",
] as const;

/**
 * `engaged`: the seconds in which a page was seen and used, since it was last told.
 *
 * They are the times between signs of life (a movement, a key, a video that plays) that are not
 * more than 15 seconds apart, while the page is visible.
 */
export const engagement: Capture = (page) => {
  let engaged = 0;
  let last = 0;
  const alive = () => {
    const now = performance.now();
    if (last && now - last <= PAUSE) engaged += now - last;
    last = document.visibilityState === "visible" ? now : 0;
  };
  listen(document, SIGNS, alive);
  listen(document, ["visibilitychange"], () => {
    if (document.visibilityState === "visible") alive();
  });
  page.leaving(() => {
    alive();
    const seconds = Math.round(engaged / 100) / 10;
    if (!seconds) return;
    engaged = 0;
    page.tell("engaged", { seconds });
  });
  page.arriving(alive);
};
