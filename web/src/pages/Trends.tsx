import { getRouteApi } from "@tanstack/react-router";
import { useVocabulary } from "../api/queries";
import { By } from "../question/By";
import { Choice } from "../question/Choice";
import { Range } from "../question/Range";
import { SeriesList } from "../question/SeriesList";
import { trendsSpec, type SeriesChoice, type TrendsDraft } from "../question/spec";
import { Where } from "../question/Where";
import { useChange } from "./change";
import { QuestionPage } from "./QuestionPage";
import { mostFrequent } from "./start";

const INTERVALS = [
  ["hour", "Hour"],
  ["day", "Day"],
  ["week", "Week"],
  ["month", "Month"],
  ["all", "All of the time as one"],
] as const;
const COMPARISONS = [
  ["", "Nothing"],
  ["previous", "The time before, as long"],
  ["year_before", "The same days a year before"],
] as const;

export function Trends() {
  const said = getRouteApi("/trends").useSearch();
  const event = mostFrequent(useVocabulary().data);
  const first: SeriesChoice[] = event === undefined ? [] : [{ event, measure: "total" }];
  const draft: TrendsDraft & { series: SeriesChoice[] } = { series: first, ...said };
  const change = useChange<TrendsDraft>(draft);
  return (
    <QuestionPage
      title="How much happens?"
      help="A trend: how often something was done, or by how many people, in each interval of time."
      asked={trendsSpec(draft, new Date())}
      form={
        <>
          <SeriesList value={draft.series} onChange={(series) => change({ series })} />
          <fieldset className="stack">
            <legend>
              <h2>How</h2>
            </legend>
            <Choice
              label="Counted for each"
              value={draft.interval ?? "day"}
              options={INTERVALS}
              onChange={(interval) => change({ interval })}
            />
            <Choice
              label="Compared with"
              value={draft.compare ?? ""}
              options={COMPARISONS}
              onChange={(compare) => change({ compare: compare || undefined })}
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
