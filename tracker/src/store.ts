const EVENTS = "events";

/** An event by its id, as JSON. */
export interface Line {
  id: string;
  json: string;
}

/** Events that may not have arrived, of all tabs of a site, in IndexedDB. */
export interface Store {
  put(tab: string, lines: Line[]): void;
  remove(ids: string[]): void;
  /** The events of tabs that are not among `open`: they are `tab`'s from now on. */
  adopt(tab: string, open: Set<string>): Promise<Line[]>;
}

/** The store called `name`; rejected where the browser has none. */
export async function open(name: string): Promise<Store> {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(EVENTS, { keyPath: "id" });
  const database = await done(opening);
  database.onversionchange = () => database.close();

  /** Committed at once, so that a page that ends right now has kept it. */
  const change = (work: (events: IDBObjectStore) => void) => {
    const transaction = database.transaction(EVENTS, "readwrite");
    work(transaction.objectStore(EVENTS));
    transaction.commit();
  };
  return {
    put: (tab, lines) => change((events) => lines.forEach((line) => events.put({ ...line, tab }))),
    remove: (ids) => change((events) => ids.forEach((id) => events.delete(id))),
    async adopt(tab, open) {
      const events = database.transaction(EVENTS, "readwrite").objectStore(EVENTS);
      const all = (await done(events.getAll())) as (Line & { tab: string })[];
      const orphans = all.filter((each) => !open.has(each.tab));
      orphans.forEach((each) => events.put({ ...each, tab }));
      return orphans;
    },
  };
}

/** Leave nothing of the store called `name`. */
export function discard(name: string): void {
  indexedDB.deleteDatabase(name);
}

function done<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
  });
}
