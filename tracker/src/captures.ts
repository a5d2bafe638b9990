import { clicks } from "./capture/clicks.js";
import { engagement } from "./capture/engagement.js";
import { forms } from "./capture/forms.js";
import { impressions } from "./capture/impressions.js";
import { scrolling } from "./capture/scrolling.js";
import { views } from "./capture/views.js";
import type { Capture } from "./page.js";

/** What is captured from the start, by the name of its event. */
export const CAPTURES: Record<string, Capture> = {
  page: views,
  click: clicks,
  scroll: scrolling,
  engaged: engagement,
  impression: impressions,
  form: forms,
};
