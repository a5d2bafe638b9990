import type { Settings } from "./settings.js";
import { begin, type Tracker } from "./tracker.js";

export type { Properties } from "./event.js";
export type { Action, Message } from "./messages.js";
export type { Settings, Signal } from "./settings.js";
export type { Tracker } from "./tracker.js";

/** Track this page: its events go to the server `url`, under its write key `key`. */
export function connect(url: string, key: string, settings: Partial<Settings> = {}): Tracker {
  const to = `${url.replace(/\/$/, "")}/v1/events`;
  const later = () => import("./later.js");
  const messages = () => import("./messages.js");
  return begin(to, key, settings, { later, messages });
}
