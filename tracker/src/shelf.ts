import { discard, open, type Line, type Store } from "./store.js";
import { amongTabs, openTab, type Tab } from "./tabs.js";
import { safely } from "./safely.js";

const WRITTEN = 100;
const LATER = 5000;

/**
 * Where a tab's events lie in the browser until they have arrived.
 *
 * What a tab leaves behind when it ends is found by the next that opens, and by that one alone.
 * Where a browser has no store, or no locks to know its open tabs by, nothing is kept.
 */
export class Shelf {
  readonly #fresh = new Map<string, Line>();
  #store: Store | undefined;
  #tab: Tab | undefined;
  #life = 0;

  /** The shelf called `name`; `found` is given what other tabs left. */
  constructor(
    private readonly name: string,
    private readonly found: (lines: Line[]) => void,
  ) {}

  /** Whether what is put here stays when the page ends. */
  get keeps(): boolean {
    return this.#tab !== undefined;
  }

  async open(): Promise<void> {
    const life = ++this.#life;
    const tab = await openTab();
    const store = await open(this.name);
    if (life !== this.#life) {
      tab.close();
      return;
    }
    [this.#tab, this.#store] = [tab, store];
    this.write();
    await this.#adopt();
    // A tab that was just ending when this one came is gone by then.
    setTimeout(() => void this.#adopt(), LATER);
  }

  /** What happens together is written together: to begin with it is most of the cost. */
  put(line: Line): void {
    this.#fresh.set(line.id, line);
    if (this.#fresh.size === 1) setTimeout(() => this.write(), WRITTEN);
  }

  readonly write = safely(() => {
    if (!this.#tab || !this.#fresh.size) return;
    this.#store?.put(this.#tab.id, [...this.#fresh.values()]);
    this.#fresh.clear();
  });

  readonly remove = safely((ids: string[]) => {
    ids.forEach((id) => this.#fresh.delete(id));
    this.#store?.remove(ids);
  });

  /** Leave what is here to others. */
  close(): void {
    this.#life += 1;
    this.#tab?.close();
    this.#tab = undefined;
  }

  /** Leave nothing. */
  discard(): void {
    this.close();
    this.#store = undefined;
    safely(discard)(this.name);
  }

  async #adopt(): Promise<void> {
    const [tab, store] = [this.#tab, this.#store];
    if (!tab || !store) return;
    const lines = await amongTabs((open) => store.adopt(tab.id, open));
    if (tab === this.#tab) this.found(lines);
  }
}
