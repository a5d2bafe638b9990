/** `work`, whose errors never reach the page that it runs in. */
export function safely<Given extends unknown[]>(
  work: (...given: Given) => unknown,
): (...given: Given) => void {
  return (...given) => {
    try {
      work(...given);
    } catch {
      // A page goes on without what could not be told of it.
    }
  };
}

type Events = DocumentEventMap & WindowEventMap;

/** Listen to `names` before anything on the page does, and without holding it up. */
export function listen<Name extends keyof Events>(
  target: EventTarget,
  names: readonly Name[],
  heard: (event: Events[Name]) => unknown,
): void {
  const listener = safely(heard) as (event: Event) => void;
  for (const name of names)
    target.addEventListener(name, listener, { capture: true, passive: true });
}
