import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import type { LiveEvent, Rejected } from "./types";

export type Arrival =
  | { id: number; kind: "event"; event: LiveEvent }
  | { id: number; kind: "rejected"; rejected: Rejected };

export type Connection = "connecting" | "open" | "lost";

const KEPT = 300;
/** New arrivals are shown together, so that the page stays calm under load. */
const SHOWN_EVERY_MS = 400;

type Action = { shown: Arrival[] };
const reduce = (kept: Arrival[], { shown }: Action): Arrival[] =>
  shown.length ? [...shown.toReversed(), ...kept].slice(0, KEPT) : kept;

/** What arrives, the newest first. While paused, arrivals wait and are counted. */
export function useLive(isPaused: boolean) {
  const [arrivals, add] = useReducer(reduce, []);
  const [waiting, setWaiting] = useState(0);
  const [connection, setConnection] = useState<Connection>("connecting");
  const queueRef = useRef<Arrival[]>([]);

  const flush = useCallback(() => {
    const shown = queueRef.current;
    queueRef.current = [];
    add({ shown });
    setWaiting(0);
  }, []);

  useEffect(() => {
    const stream = new EventSource("/api/live");
    let id = 0;
    const keep = (arrival: Arrival) => {
      queueRef.current.push(arrival);
      if (queueRef.current.length > KEPT) queueRef.current.shift();
    };
    stream.addEventListener("event", ({ data }: MessageEvent<string>) =>
      keep({ id: id++, kind: "event", event: JSON.parse(data) as LiveEvent }),
    );
    stream.addEventListener("rejected", ({ data }: MessageEvent<string>) =>
      keep({ id: id++, kind: "rejected", rejected: JSON.parse(data) as Rejected }),
    );
    stream.onopen = () => setConnection("open");
    stream.onerror = () => setConnection("lost");
    return () => stream.close();
  }, []);

  useEffect(() => {
    const show = () => {
      if (isPaused) setWaiting(queueRef.current.length);
      else flush();
    };
    const timer = setInterval(show, SHOWN_EVERY_MS);
    return () => clearInterval(timer);
  }, [isPaused, flush]);

  return { arrivals, waiting, connection };
}
