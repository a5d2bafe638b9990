import { delivered, parcels, post } from "./post.js";
import { listen } from "./safely.js";
import { Shelf } from "./shelf.js";
import type { Line } from "./store.js";

const SOON = 1000;
const LATEST = 60_000;
const MOST = 1000;

/** Events on their way: sent until the server has answered that it took them, or never will. */
export class Queue {
  readonly #waiting = new Map<string, Line>();
  readonly #flying = new Set<string>();
  #shelf: Shelf | undefined;
  #failures = 0;
  #quietUntil = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** To the address `to`; what waits is kept in the browser too, under `name` if there is one. */
  constructor(
    private readonly to: string,
    name: string,
  ) {
    if (name) this.#shelf = new Shelf(name, (lines) => this.#found(lines));
    listen(window, ["online"], () => {
      this.#quietUntil = 0;
      this.send();
    });
    this.begin();
  }

  /** The page is there; it may have been taken from the browser's cache. */
  begin(): void {
    this.#shelf?.open().catch(() => undefined);
  }

  add(line: Line): void {
    this.#waiting.set(line.id, line);
    this.#shelf?.put(line);
    const [oldest = ""] = this.#waiting.keys();
    if (this.#waiting.size > MOST) this.#drop([oldest]);
    if (this.#waiting.size === 1) this.#schedule(SOON);
  }

  /** Send what waits, now; where the server asked us to wait, then. */
  send(): void {
    const [parcel] = parcels(this.#waiting.values());
    if (this.#flying.size || !parcel) return;
    if (this.#quiet) {
      this.#schedule(0);
      return;
    }
    parcel.ids.forEach((id) => this.#flying.add(id));
    void post(this.to, parcel).then(({ status, wait }) => {
      this.#flying.clear();
      if (delivered(status)) this.#drop(parcel.ids);
      this.#failures = delivered(status) ? 0 : this.#failures + 1;
      this.#quietUntil = this.#failures && Date.now() + Math.max(wait, this.#patience());
      this.#schedule(0);
    });
  }

  /** The page may be ending: send what there is, and leave what may be lost to another tab. */
  end(): void {
    this.#shelf?.write();
    const later = this.#quiet && this.#shelf?.keeps;
    const free = [...this.#waiting.values()].filter(({ id }) => !later && !this.#flying.has(id));
    for (const { ids, body } of parcels(free)) {
      if (!navigator.sendBeacon(this.to, body)) break;
      ids.forEach((id) => this.#waiting.delete(id));
    }
    if (this.#shelf?.keeps) this.#waiting.clear();
    this.#shelf?.close();
  }

  /** Forget what waits, and keep nothing from now on. */
  discard(): void {
    this.#waiting.clear();
    this.#shelf?.discard();
    this.#shelf = undefined;
  }

  get #quiet(): boolean {
    return Date.now() < this.#quietUntil;
  }

  #found(lines: Line[]): void {
    for (const line of lines) this.#waiting.set(line.id, line);
    if (lines.length) this.#schedule(SOON);
  }

  #drop(ids: string[]): void {
    for (const id of ids) this.#waiting.delete(id);
    this.#shelf?.remove(ids);
  }

  #schedule(wait: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.send(), Math.max(wait, this.#quietUntil - Date.now()));
  }

  /** Milliseconds until the next attempt: twice as long after every failure, and not all at once. */
  #patience(): number {
    const longest = Math.min(LATEST, (SOON / 2) * 2 ** this.#failures);
    return longest * (0.5 + Math.random() / 2);
  }
}
