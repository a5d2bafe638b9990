import { getRouteApi } from "@tanstack/react-router";
import { retentionGrid } from "../answer/tables";
import { useVocabulary } from "../api/queries";
import { By } from "../question/By";
import { Choice } from "../question/Choice";
import { EventPicker } from "../question/EventPicker";
import { Range } from "../question/Range";
import { retentionSpec, withWhere, type EventChoice, type RetentionDraft } from "../question/spec";
import { Where } from "../question/Where";
import { useChange } from "./change";
import { QuestionPage } from "./QuestionPage";
import { mostFrequent } from "./start";

const PERIODS = [
  ["day", "Days"],
  ["week", "Weeks"],
  ["month", "Months"],
] as const;
const COUNTS = ["4", "6", "8", "12", "16", "24", "30"];
const MODES = [
  ["on", "In that period"],
  ["on_or_after", "In that period or later"],
] as const;
const STARTS = [
  ["first_in_range", "The first in the days asked"],
  ["first_ever", "The first ever"],
  ["recurring", "Every one"],
] as const;

export function Retention() {
  const said = getRouteApi("/retention").useSearch();
  const first = { event: mostFrequent(useVocabulary().data) ?? "" };
  const draft: RetentionDraft & { start: EventChoice; return: EventChoice } = {
    start: first,
    return: first,
    ...said,
  };
  const change = useChange<RetentionDraft>(draft);
  const periods = String(draft.periods ?? 8);
  return (
    <QuestionPage
      title="Who comes back?"
      help="Retention: of the people who started in one period, how many did something again in each period after."
      asked={retentionSpec(draft, new Date())}
      grid={retentionGrid}
      form={
        <>
          <Chosen
            title="Started with"
            value={draft.start}
            onChange={(start) => change({ start })}
          />
          <Chosen
            title="Came back to"
            value={draft.return}
            onChange={(back) => change({ return: back })}
          />
          <fieldset className="stack">
            <legend>
              <h2>How</h2>
            </legend>
            <div className="pair">
              <Choice<string>
                label="For so many"
                value={periods}
                onChange={(count) => change({ periods: Number(count) })}
                options={[...new Set([...COUNTS, periods])].map((count) => [count, count])}
              />
              <Choice
                label="Periods"
                value={draft.period ?? "week"}
                options={PERIODS}
                onChange={(period) => change({ period })}
              />
            </div>
            <Choice
              label="Counts as back when it happens"
              value={draft.mode ?? "on"}
              options={MODES}
              onChange={(mode) => change({ mode })}
            />
            <Choice
              label="Which start counts"
              value={draft.start_mode ?? "first_in_range"}
              options={STARTS}
              onChange={(start_mode) => change({ start_mode })}
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

function Chosen({
  title,
  value,
  onChange,
}: {
  title: string;
  value: EventChoice;
  onChange: (value: EventChoice) => void;
}) {
  return (
    <fieldset className="stack">
      <legend>
        <h2>{title}</h2>
      </legend>
      <EventPicker
        label={title}
        labelHidden
        value={value.event}
        onChange={(event) => onChange({ ...value, event })}
      />
      <Where
        of={title.toLowerCase()}
        value={value.where}
        onChange={(where) => onChange(withWhere(value, where))}
      />
    </fieldset>
  );
}
