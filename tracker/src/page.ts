import type { Properties } from "./event.js";
import { route } from "./place.js";
import { listen, safely } from "./safely.js";
import type { Decided } from "./settings.js";

/** What captures one kind of event from the page. */
export type Capture = (page: Page) => void;

/** The page that is open; in an application one page follows another. */
export class Page {
  readonly #leaving: (() => void)[] = [];
  readonly #arriving: (() => void)[] = [];
  #here = route();

  /** Events of the page go to `keep`; `at` is their time, in milliseconds since 1970. */
  constructor(
    readonly settings: Decided,
    private readonly keep: (event: string, properties: Properties, at?: number) => void,
  ) {
    const moved = safely(() => this.#moved());
    for (const name of ["pushState", "replaceState"] as const) {
      const change = history[name].bind(history);
      history[name] = (...given) => {
        change(...given);
        moved();
      };
    }
    listen(window, ["popstate", "hashchange"], moved);
  }

  /** An event on this page. */
  tell(event: string, properties: Properties, at?: number): void {
    this.keep(event, { page: this.#here, ...properties }, at);
  }

  /** Call `report` when the page is left or hidden, perhaps for the last time. */
  leaving(report: () => void): void {
    this.#leaving.push(safely(report));
  }

  /** Call `begin` for this page, and for every one that the application goes on to. */
  arriving(begin: () => void): void {
    this.#arriving.push(safely(begin));
    begin();
  }

  leave(): void {
    for (const report of this.#leaving) report();
  }

  arrive(): void {
    for (const begin of this.#arriving) begin();
  }

  #moved(): void {
    if (route() === this.#here) return;
    this.leave();
    this.#here = route();
    this.arrive();
  }
}
