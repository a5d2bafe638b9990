import type { ReactNode } from "react";
import { AnswerPane } from "../answer/AnswerPane";
import { ProblemNote } from "../answer/ProblemNote";
import { useVocabulary } from "../api/queries";
import type { Asked } from "../question/spec";
import { FirstEvent } from "./FirstEvent";
import "./QuestionPage.css";

interface Props {
  title: string;
  /** What the field calls it, and what it counts. */
  help: string;
  form: ReactNode;
  asked: Asked;
  hasPeople?: boolean;
}

/** One question: its form on the left or top, its answer beside or below. */
export function QuestionPage({ title, help, form, asked, hasPeople = false }: Props) {
  const vocabulary = useVocabulary();
  return (
    <>
      <title>{`${title} – Ethogram`}</title>
      <header className="page-head">
        <h1>{title}</h1>
        <p className="note">{help}</p>
      </header>
      {vocabulary.error && (
        <ProblemNote error={vocabulary.error} onRetry={() => void vocabulary.refetch()} />
      )}
      {vocabulary.data?.events.length === 0 && <FirstEvent />}
      {vocabulary.data && vocabulary.data.events.length > 0 && (
        <div className="question">
          <details className="question-form" open={!matchMedia("(max-width: 60rem)").matches}>
            <summary>Change the question</summary>
            <form
              className="stack"
              aria-label="Question"
              onSubmit={(event) => event.preventDefault()}
            >
              {form}
            </form>
          </details>
          <AnswerPane asked={asked} hasPeople={hasPeople} />
        </div>
      )}
    </>
  );
}
