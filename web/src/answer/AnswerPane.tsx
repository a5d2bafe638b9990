import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useAnswer, useFigure } from "../api/queries";
import type { Asked } from "../question/spec";
import { useTheme } from "../shell/theme";
import { Computed } from "./Computed";
import { gridsOf } from "./grids";
import { Hidden } from "./Hidden";
import { LeftOut } from "./LeftOut";
import { PeopleOf } from "./PeopleOf";
import { Picture } from "./Picture";
import { ProblemNote } from "./ProblemNote";
import { Table } from "./Table";
import "./AnswerPane.css";

interface Props {
  asked: Asked;
  /** Whether to offer the people behind a number. */
  hasPeople?: boolean;
}

/** The answer: one sentence, the picture, the table, how it was computed. */
export function AnswerPane({ asked, hasPeople }: Props) {
  const spec = "spec" in asked ? asked.spec : null;
  const queries = useQueryClient();
  const answer = useAnswer(spec);
  // The last answer stays in sight while the question changes a little, not under another one.
  const isOther = answer.isPlaceholderData && answer.data.definition.question !== question(spec);
  const shown = spec === null || isOther ? undefined : answer.data;
  const figure = useFigure(shown, useTheme());
  const cancelled =
    spec !== null &&
    answer.fetchStatus === "idle" &&
    (answer.isPending || answer.isPlaceholderData) &&
    !answer.error;
  const isWaiting = answer.isFetching || figure.isFetching;
  return (
    <section className="answer" aria-label="Answer" aria-busy={isWaiting}>
      <Progress
        isWaiting={isWaiting}
        onCancel={() => void queries.cancelQueries({ queryKey: ["ask"] })}
      />
      {"missing" in asked && <p className="missing">{asked.missing}</p>}
      {cancelled && (
        <p className="row">
          {shown ? "Cancelled. This is the answer to the question before." : "Cancelled."}
          <button type="button" onClick={() => void answer.refetch()}>
            Ask again
          </button>
        </p>
      )}
      {answer.error && <ProblemNote error={answer.error} onRetry={() => void answer.refetch()} />}
      {figure.error && <ProblemNote error={figure.error} onRetry={() => void figure.refetch()} />}
      {shown && !answer.error ? (
        <>
          {figure.data ? (
            <>
              <p className="headline" aria-live="polite">
                {figure.data.headline}
              </p>
              <Picture option={figure.data.option} label={figure.data.headline} />
              <LeftOut answer={shown} option={figure.data.option} />
            </>
          ) : (
            !figure.error && <Expected />
          )}
          <Hidden answer={shown} />
          {gridsOf(shown).map((grid) => (
            <Table key={grid.name} grid={grid} />
          ))}
          {hasPeople && <PeopleOf key={JSON.stringify(shown.definition)} answer={shown} />}
          <Computed answer={shown} />
        </>
      ) : (
        spec !== null &&
        !answer.error &&
        !cancelled && (
          <>
            <Expected />
            <div className="skeleton table" />
          </>
        )
      )}
    </section>
  );
}

const question = (spec: object | null): unknown =>
  (spec as { question?: unknown } | null)?.question;

const Expected = () => (
  <>
    <div className="skeleton sentence" />
    <div className="skeleton picture" />
  </>
);

const SHOWN_AFTER_MS = 300;

/** Says that it is at work once it takes longer than a moment; its place is always kept. */
function Progress({ isWaiting, onCancel }: { isWaiting: boolean; onCancel: () => void }) {
  const [isLong, setIsLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsLong(isWaiting), isWaiting ? SHOWN_AFTER_MS : 0);
    return () => clearTimeout(timer);
  }, [isWaiting]);
  return (
    <div className="row progress" role="status">
      {isLong && isWaiting && (
        <>
          <progress aria-label="Asking" />
          <span className="note">Asking…</span>
          <button type="button" className="quiet" onClick={onCancel}>
            Cancel
          </button>
        </>
      )}
    </div>
  );
}
