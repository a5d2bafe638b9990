import { getRouteApi } from "@tanstack/react-router";
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
/** So many periods, or brackets of so many each. */
const COUNTS = [4, 6, 8, 12, 16, 24, 30, [1, 2, 4, 8], [1, 6, 7, 16]];
const BACK = [
  ["on", "In that period"],
  ["on_or_after", "In that period or later"],
  ["on_or_before", "In that period or earlier"],
  ["streak", "In each period up to it"],
] as const;
const CLOCKS = [
  ["calendar", "The calendar’s"],
  ["rolling", "From each person’s start"],
] as const;
const SILENCES = [
  ["", "Not asked"],
  ["7d", "7 days of silence"],
  ["14d", "14 days of silence"],
  ["30d", "30 days of silence"],
  ["90d", "90 days of silence"],
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
  const periods = JSON.stringify(draft.brackets ?? draft.periods ?? 8);
  const counts = [...new Set([...COUNTS.map((each) => JSON.stringify(each)), periods])];
  const silent = draft.silent ?? "";
  const silences = SILENCES.some(([each]) => each === silent)
    ? SILENCES
    : [...SILENCES, [silent, silent] as const];
  return (
    <QuestionPage
      title="Who comes back?"
      help="Retention: of the people who started in one period, how many did something again in each period after."
      asked={retentionSpec(draft, new Date())}
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
                onChange={(chosen) => {
                  const count = JSON.parse(chosen) as number | number[];
                  if (Array.isArray(count)) change({ brackets: count, periods: undefined });
                  else change({ brackets: undefined, periods: count });
                }}
                options={counts.map((each) => [each, asWords(each)])}
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
              options={BACK}
              onChange={(mode) => change({ mode })}
            />
            <Choice
              label="Whose periods"
              value={draft.clock ?? "calendar"}
              options={CLOCKS}
              onChange={(clock) => change({ clock })}
            />
            <Choice
              label="Which start counts"
              value={draft.start_mode ?? "first_in_range"}
              options={STARTS}
              onChange={(start_mode) => change({ start_mode })}
            />
            <Choice<string>
              label="Gone for good after"
              value={silent}
              options={silences}
              onChange={(silent) => change({ silent: silent || undefined })}
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

/** `[1,2,4]` as people read it; a number as it is. */
const asWords = (count: string): string =>
  count.replaceAll(",", ", ").replace(/^\[(.*)\]$/, "brackets of $1");

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
