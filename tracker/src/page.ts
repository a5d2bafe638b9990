import type { Properties } from "./event.js";
import { route } from "./place.js";
import { listen, safely } from "./safely.js";
import type { Settings } from "./settings.js";

/** The page as what captures events sees it; a page of an application may follow another. */
export interface Page {
  settings: Settings;
  /** An event on this page; `at` is its time, in milliseconds since 1970. */
  tell(event: string, properties: Properties, at?: number): void;
  /** `report` is called when the page is left or hidden, perhaps for the last time. */
  leaving(report: () => void): void;
  /** `begin` is called for this page, and for every one that the application goes on to. */
  arriving(begin: () => void): void;
}

/** What captures one kind of event from the page. */
export type Capture = (page: Page) => void;

/** The page that is open, whose events go to `keep`. */
export function opened(
  settings: Settings,
  keep: (event: string, properties: Properties, at?: number) => void,
): { page: Page; leave: () => void; arrive: () => void } {
  const reports: (() => void)[] = [];
  const begins: (() => void)[] = [];
  let here = route();
  const leave = () => reports.forEach((report) => report());
  const arrive = () => begins.forEach((begin) => begin());
  const move = safely(() => {
    if (route() === here) return;
    leave();
    here = route();
    arrive();
  });
  for (const name of ["pushState", "replaceState"] as const) {
    const change = history[name].bind(history);
    history[name] = (...given) => {
      change(...given);
      move();
    };
  }
  listen(window, ["popstate", "hashchange"], move);
  const page: Page = {
    settings,
    tell: (event, properties, at) => keep(event, { page: here, ...properties }, at),
    leaving: (report) => reports.push(safely(report)),
    arriving: (begin) => {
      begins.push(safely(begin));
      begin();
    },
  };
  return { page, leave, arrive };
}
