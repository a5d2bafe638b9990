import { uuid7 } from "./event.js";

const TAB = "ethogram tab ";

/** A tab that others know to be open. */
export interface Tab {
  id: string;
  close(): void;
}

/** A new id for this tab, which is known to be open until it is closed or the page ends. */
export function openTab(): Promise<Tab> {
  const id = uuid7();
  return new Promise((resolve, reject) => {
    const held = navigator.locks.request(
      TAB + id,
      () => new Promise<void>((close) => resolve({ id, close })),
    );
    held.catch(reject);
  });
}

/** What `work` makes of the ids of all open tabs; one tab at a time does so. */
export function amongTabs<Result>(work: (open: Set<string>) => Promise<Result>): Promise<Result> {
  return navigator.locks.request("ethogram tabs", async () => {
    const { held = [] } = await navigator.locks.query();
    return work(new Set(held.map(({ name = "" }) => name.slice(TAB.length))));
  }) as Promise<Result>;
}
