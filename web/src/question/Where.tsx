import { Condition } from "./Condition";
import type { Comparison, Predicate } from "./spec";
import "./Where.css";

interface Props {
  /** Of what the conditions are, for those who hear the page. */
  of: string;
  value: Predicate | undefined;
  onChange: (value: Predicate | undefined) => void;
}

const isComparison = (part: Predicate): part is Comparison => "property" in part;

/** The comparisons that all must hold, or null where the predicate is of another form. */
function comparisons(predicate: Predicate | undefined): Comparison[] | null {
  if (!predicate) return [];
  if (isComparison(predicate)) return [predicate];
  return "all" in predicate && predicate.all.every(isComparison) ? predicate.all : null;
}

const joined = (parts: Comparison[]): Predicate | undefined =>
  parts.length > 1 ? { all: parts } : parts[0];

/** Filters: comparisons that all must hold. A predicate of another form is shown as it is. */
export function Where({ of, value, onChange }: Props) {
  const parts = comparisons(value);
  if (parts === null)
    return (
      <div className="stack">
        <pre className="scrolls" tabIndex={0}>
          {JSON.stringify(value, null, 1)}
        </pre>
        <button type="button" className="quiet" onClick={() => onChange(undefined)}>
          Remove this filter
        </button>
      </div>
    );
  return (
    <div className="stack where" role="group" aria-label={`Conditions of ${of}`}>
      {parts.map((part, i) => (
        <Condition
          key={i}
          value={part}
          onChange={(changed) => onChange(joined(parts.with(i, changed)))}
          onRemove={() => onChange(joined(parts.toSpliced(i, 1)))}
        />
      ))}
      <button
        type="button"
        className="quiet add"
        onClick={() => onChange(joined([...parts, { property: "", op: "=" }]))}
      >
        Add condition
      </button>
    </div>
  );
}
