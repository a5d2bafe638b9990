import { useState } from "react";
import { ProblemNote } from "../answer/ProblemNote";
import { useLive, type Arrival } from "../api/live";
import { useVocabulary } from "../api/queries";
import { Choice } from "../question/Choice";
import { count } from "../words/numbers";
import { ownZone } from "../words/times";
import { ArrivalRow } from "./ArrivalRow";
import { FirstEvent } from "./FirstEvent";
import "./Live.css";

const KINDS = [
  ["all", "Everything"],
  ["event", "Accepted"],
  ["rejected", "Rejected"],
] as const;
type Kind = (typeof KINDS)[number][0];

const holds = (arrival: Arrival, sought: string): boolean =>
  JSON.stringify(arrival.kind === "event" ? arrival.event : arrival.rejected)
    .toLowerCase()
    .includes(sought);

export function Live() {
  const [isPaused, setIsPaused] = useState(false);
  const [kind, setKind] = useState<Kind>("all");
  const [filter, setFilter] = useState("");
  const { arrivals, waiting, connection } = useLive(isPaused);
  const vocabulary = useVocabulary();
  const sought = filter.trim().toLowerCase();
  const seen = arrivals.filter(
    (each) => (kind === "all" || each.kind === kind) && (!sought || holds(each, sought)),
  );
  const isEmpty = arrivals.length === 0 && waiting === 0 && vocabulary.data?.events.length === 0;
  return (
    <>
      <title>Live – Ethogram</title>
      <header className="page-head">
        <h1>What is happening now?</h1>
        <p className="note">
          Every event as it is accepted, and every rejected one with its reason. Times in {ownZone}.
        </p>
      </header>
      {vocabulary.error && (
        <ProblemNote error={vocabulary.error} onRetry={() => void vocabulary.refetch()} />
      )}
      {isEmpty ? (
        <FirstEvent />
      ) : (
        <>
          <form
            className="live-ways"
            aria-label="What is shown"
            onSubmit={(event) => event.preventDefault()}
          >
            <label className="label">
              Filter
              <input
                type="search"
                value={filter}
                placeholder="A part of a name, a person or a value"
                onChange={({ target }) => setFilter(target.value)}
              />
            </label>
            <Choice label="Show" value={kind} options={KINDS} onChange={setKind} />
            <button type="button" aria-pressed={isPaused} onClick={() => setIsPaused(!isPaused)}>
              {isPaused ? "Go on" : "Pause"}
            </button>
            <p className="note live-state" role="status">
              {connection === "lost"
                ? "Connection lost; trying again."
                : isPaused
                  ? `Paused; ${count(waiting)} waiting.`
                  : connection === "open"
                    ? "Listening."
                    : "Connecting…"}
            </p>
          </form>
          {vocabulary.data?.simulated === true && (
            <p className="note">
              Click through{" "}
              <a href="/storefront/" target="_blank" rel="noreferrer">
                the simulated shop
              </a>
              , and see it arrive.
            </p>
          )}
          {seen.length === 0 && (
            <p className="missing">
              {arrivals.length
                ? "None of what arrived fits the filter."
                : "Waiting for the next event."}
            </p>
          )}
          {seen.length > 0 && (
            <ol className="arrivals" aria-label="Arrivals, the newest first">
              {seen.map((arrival) => (
                <ArrivalRow key={arrival.id} arrival={arrival} />
              ))}
            </ol>
          )}
        </>
      )}
    </>
  );
}
