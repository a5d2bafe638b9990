import { getRouteApi } from "@tanstack/react-router";
import { useVocabulary } from "../api/queries";
import { By } from "../question/By";
import { Choice } from "../question/Choice";
import { Range } from "../question/Range";
import { funnelSpec, type FunnelDraft } from "../question/spec";
import { Steps } from "../question/Steps";
import { Where } from "../question/Where";
import { useChange } from "./change";
import { QuestionPage } from "./QuestionPage";

const WINDOWS = [
  ["", "Any time"],
  ["30m", "30 minutes"],
  ["1h", "1 hour"],
  ["1d", "1 day"],
  ["7d", "7 days"],
  ["14d", "14 days"],
  ["30d", "30 days"],
  ["90d", "90 days"],
] as const;
const ORDERS = [
  ["ordered", "In this order, others between"],
  ["strict", "In this order, nothing between"],
  ["any", "In any order"],
] as const;
const NOT_CHOSEN = [{ event: "" }, { event: "" }];

export function Funnel() {
  const said = getRouteApi("/funnel").useSearch();
  const path = useVocabulary().data?.path ?? [];
  const begun = said.steps ?? path.map((event) => ({ event }));
  const steps = [...begun, ...NOT_CHOSEN].slice(0, Math.max(begun.length, NOT_CHOSEN.length));
  const draft: FunnelDraft = { ...said, steps };
  const change = useChange<FunnelDraft>(draft);
  const within = draft.within ?? "";
  const windows = WINDOWS.some(([each]) => each === within)
    ? WINDOWS
    : [...WINDOWS, [within, within] as const];
  return (
    <QuestionPage
      title="Which step loses people?"
      help="A funnel: how many people did one event after the other, each person counted once."
      asked={funnelSpec(draft, new Date())}
      form={
        <>
          <Steps value={steps} onChange={(steps) => change({ steps })} />
          <fieldset className="stack">
            <legend>
              <h2>How</h2>
            </legend>
            <Choice<string>
              label="All steps within"
              value={within}
              options={windows}
              onChange={(within) => change({ within: within || undefined })}
            />
            <Choice
              label="Order"
              value={draft.order ?? "ordered"}
              options={ORDERS}
              onChange={(order) => change({ order })}
            />
          </fieldset>
          <Range value={draft} onChange={change} />
          <fieldset className="stack">
            <legend>
              <h2>Only events where</h2>
            </legend>
            <Where of="all events" value={draft.where} onChange={(where) => change({ where })} />
          </fieldset>
          <By value={draft.by} onChange={(by) => change({ by: by.length ? by : undefined })} />
        </>
      }
    />
  );
}
