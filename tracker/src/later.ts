import { dead } from "./capture/dead.js";
import { rage } from "./capture/rage.js";
import { videos } from "./capture/videos.js";
import { vitals } from "./capture/vitals.js";
import type { Capture } from "./page.js";

/** What is captured once the page is there, by the name of its event; fetched by itself. */
export const LATER: Record<string, Capture> = {
  video: videos,
  rage_click: rage,
  dead_click: dead,
  web_vital: vitals,
};
