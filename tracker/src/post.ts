import type { Line } from "./store.js";

/** Characters of a request: three bytes each at most, so that it stays below the 64 KB that may
 *  be under way when a page ends. */
const LARGEST = 20_000;
const SECONDS = 30;

/** A request: the ids of its events, and its body. */
export interface Parcel {
  ids: string[];
  body: string;
}

/** `lines` as bodies of requests that are sent now, so that the server knows how wrong our clock is. */
export function parcels(lines: Iterable<Line>): Parcel[] {
  const found: Parcel[] = [];
  let last: Parcel | undefined;
  for (const { id, json } of lines) {
    const event = `${json.slice(0, -1)},"sent_at":${Date.now()}}`;
    if (last && last.body.length + event.length < LARGEST) {
      last.ids.push(id);
      last.body += `\n${event}`;
    } else found.push((last = { ids: [id], body: event }));
  }
  return found;
}

/** Send; never by a redirect, which makes a GET of it. The answer's status (0: there was none), and the milliseconds that it asks us to wait. */
export async function post(to: string, { ids, body }: Parcel) {
  try {
    const answer = await fetch(to, {
      method: "POST",
      body,
      // A larger one, of a single large event, is not sent at all where it must be kept alive.
      keepalive: body.length < LARGEST,
      redirect: "error",
      credentials: "omit",
      signal: AbortSignal.timeout(SECONDS * 1000),
    });
    const { status } = answer;
    if (status >= 400 && delivered(status))
      console.warn(`Ethogram refused ${ids.length} events with ${status}; they are dropped.`);
    return { status, wait: (Number(answer.headers.get("retry-after")) || 0) * 1000 };
  } catch {
    return { status: 0, wait: 0 };
  }
}

/** Whether sending again would change nothing: the events arrived, or are refused for good. */
export function delivered(status: number): boolean {
  return status >= 200 && status < 500 && status !== 408 && status !== 429;
}
