import { delivered, parcels, post } from "./post.js";
import { listen, safely } from "./safely.js";
import { discard, open, type Line, type Store } from "./store.js";
import { amongTabs, openTab, type Tab } from "./tabs.js";

const SOON = 1000;
const LATER = 5000;
const LATEST = 60_000;
const MOST = 1000;
const ignored = () => undefined;

/** Events on their way: sent until the server has answered that it took them, or never will. */
export interface Queue {
  add(line: Line): void;
  /** Send what waits, now. */
  send(): void;
  /** The page may be ending: send what there is, and leave what may be lost to another tab. */
  end(): void;
  /** The page did not end: it was taken from the browser's cache. */
  begin(): void;
  /** Forget what waits, and keep nothing from now on. */
  discard(): void;
}

/**
 * A queue to the address `to`.
 *
 * With a `name` its events are kept in the browser too, under that name and as this tab's own:
 * what a tab leaves behind is taken by the next that opens, and so is sent by one tab alone.
 */
export function queue(to: string, name: string): Queue {
  const waiting = new Map<string, Line>();
  const flying = new Set<string>();
  const fresh: Line[] = [];
  let store: Store | undefined;
  let tab: Tab | undefined;
  let life = 0;
  let failures = 0;
  let quietUntil = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const schedule = (wait: number) => {
    clearTimeout(timer);
    timer = setTimeout(send, Math.max(wait, quietUntil - Date.now()));
  };

  async function attempt(): Promise<void> {
    const [parcel] = parcels(waiting.values());
    if (flying.size || !parcel) return;
    parcel.ids.forEach((id) => flying.add(id));
    const { status, wait } = await post(to, parcel);
    flying.clear();
    if (delivered(status)) {
      drop(parcel.ids);
      failures = 0;
      schedule(0);
    } else {
      const longest = Math.min(LATEST, SOON * 2 ** failures);
      failures += 1;
      quietUntil = Date.now() + Math.max(wait, longest * (0.5 + Math.random() / 2));
      schedule(0);
    }
  }
  const send = safely(() => void attempt());

  const drop = (ids: string[]) => {
    ids.forEach((id) => waiting.delete(id));
    safely(() => store?.remove(ids))();
  };

  /** Where a browser has no store, or no locks to know its tabs by, the page's memory is all. */
  async function keep(): Promise<void> {
    life += 1;
    const mine = life;
    const opened = await openTab();
    const kept = await open(name);
    if (mine !== life) {
      opened.close();
      return;
    }
    [tab, store] = [opened, kept];
    store.put(tab.id, [...waiting.values()]);
    await adopt();
    setTimeout(() => void adopt().catch(ignored), LATER);
  }

  /** Take what other tabs left: at once, and from one that was just ending a little later. */
  async function adopt(): Promise<void> {
    const [mine, kept] = [tab, store];
    if (!mine || !kept) return;
    const left = await amongTabs((open) => kept.adopt(mine.id, open));
    left.forEach((line) => waiting.set(line.id, line));
    if (left.length) schedule(SOON);
  }

  /** In one transaction whatever happened at once. */
  const write = safely(() => {
    const lines = fresh.splice(0);
    if (tab) store?.put(tab.id, lines);
  });
  const begin = () => {
    if (name) keep().catch(ignored);
  };

  const close = () => {
    life += 1;
    tab?.close();
    tab = undefined;
  };

  listen(window, ["online"], () => {
    quietUntil = 0;
    send();
  });
  begin();
  return {
    begin,
    send,
    add(line) {
      waiting.set(line.id, line);
      const [oldest = ""] = waiting.keys();
      if (waiting.size > MOST) drop([oldest]);
      if (fresh.push(line) === 1) queueMicrotask(write);
      if (waiting.size === 1) schedule(SOON);
    },
    end() {
      write();
      const free = [...waiting.values()].filter((line) => !flying.has(line.id));
      for (const { ids, body } of parcels(free)) {
        if (!navigator.sendBeacon(to, body)) break;
        ids.forEach((id) => waiting.delete(id));
      }
      if (tab) waiting.clear();
      close();
    },
    discard() {
      waiting.clear();
      close();
      if (name) safely(discard)(name);
      name = "";
      store = undefined;
    },
  };
}
