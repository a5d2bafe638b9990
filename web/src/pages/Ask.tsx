import { getRouteApi } from "@tanstack/react-router";
import { ProblemNote } from "../answer/ProblemNote";
import { useCatalog, useSchema } from "../api/queries";
import type { AskDraft } from "../question/address";
import { Choice } from "../question/Choice";
import { described } from "../question/schema";
import { SchemaForm } from "../question/SchemaForm";
import { useChange } from "./change";
import { QuestionPage } from "./QuestionPage";

/** Any question of the catalog, from a form that its schema makes. */
export function Ask() {
  const search = getRouteApi("/ask").useSearch();
  const draft = { ...search, question: search.question ?? "sessions" };
  const change = useChange<AskDraft>(draft);
  const catalog = useCatalog();
  const schema = useSchema(draft.question);
  const names = catalog.data?.map(({ name }) => [name, name] as const) ?? [];
  const summary = catalog.data?.find(({ name }) => name === draft.question)?.summary ?? "";
  const { words, fields } = schema.data ? described(schema.data) : { words: "", fields: [] };
  const said = draft.fields ?? {};
  const missing = fields.filter(({ name, isRequired }) => isRequired && !(name in said));
  const asked =
    missing.length > 0 || !schema.data
      ? { missing: `Say ${missing.map(({ name }) => name).join(" and ") || "what to ask"}.` }
      : { spec: { question: draft.question, ...said } };
  return (
    <QuestionPage
      title="What else do you want to know?"
      help={summary}
      asked={asked}
      hasPeople
      form={
        <>
          <Choice
            label="Question"
            value={draft.question}
            options={names}
            onChange={(question) => change({ question, fields: undefined })}
          />
          {schema.error && (
            <ProblemNote error={schema.error} onRetry={() => void schema.refetch()} />
          )}
          <SchemaForm
            key={draft.question}
            fields={fields}
            value={said}
            onChange={(changed) =>
              change({ fields: Object.keys(changed).length ? changed : undefined })
            }
          />
          <details>
            <summary>What the fields mean</summary>
            <p className="words">{words}</p>
          </details>
        </>
      }
    />
  );
}
