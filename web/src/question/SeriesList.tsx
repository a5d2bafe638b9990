import { useVocabulary } from "../api/queries";
import { Choice } from "./Choice";
import { EventPicker } from "./EventPicker";
import { Picker } from "./Picker";
import { countsOnly, MEASURES, withWhere, type Measure, type SeriesChoice } from "./spec";
import { Where } from "./Where";
import "./Steps.css";

const words: Record<Measure, string> = {
  total: "How often",
  people: "By how many people",
  distinct: "How many different values of",
  sum: "Sum of",
  mean: "Mean of",
  min: "Least of",
  max: "Most of",
  p50: "Median of",
  p90: "90th percentile of",
  p95: "95th percentile of",
  p99: "99th percentile of",
};
const measures = MEASURES.map((measure) => [measure, words[measure]] as const);

interface Props {
  value: SeriesChoice[];
  onChange: (series: SeriesChoice[]) => void;
}

/** What is counted: each series an event and a measure. */
export function SeriesList({ value, onChange }: Props) {
  const properties = useVocabulary().data?.properties ?? [];
  const measurable = (measure: Measure) =>
    properties
      .filter((each) => measure === "distinct" || each.types.includes("number"))
      .map((each) => each.name);
  return (
    <fieldset className="stack">
      <legend>
        <h2>What</h2>
      </legend>
      <ol className="steps">
        {value.map((series, i) => (
          <li key={i} className="stack">
            <EventPicker
              label={`Event ${i + 1}`}
              value={series.event}
              onChange={(event) => onChange(value.with(i, { ...series, event }))}
            />
            <Choice
              label="Measure"
              labelHidden
              value={series.measure}
              options={measures}
              onChange={(measure) => onChange(value.with(i, measured(series, measure)))}
            />
            {!countsOnly(series.measure) && (
              <Picker
                label="Property"
                labelHidden
                placeholder="Choose a property"
                items={measurable(series.measure)}
                value={series.property ?? ""}
                onChange={(property) => onChange(value.with(i, { ...series, property }))}
              />
            )}
            <div className="row step-ways">
              <button
                type="button"
                className="quiet"
                disabled={value.length === 1}
                aria-label={`Remove event ${i + 1}`}
                onClick={() => onChange(value.toSpliced(i, 1))}
              >
                Remove
              </button>
            </div>
            <Where
              of={`event ${i + 1}`}
              value={series.where}
              onChange={(where) => onChange(value.with(i, withWhere(series, where)))}
            />
          </li>
        ))}
      </ol>
      <div>
        <button type="button" onClick={() => onChange([...value, { event: "", measure: "total" }])}>
          Add event
        </button>
      </div>
    </fieldset>
  );
}

function measured({ property, ...rest }: SeriesChoice, measure: Measure): SeriesChoice {
  return countsOnly(measure) || property === undefined
    ? { ...rest, measure }
    : { ...rest, measure, property };
}
