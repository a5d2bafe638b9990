import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { EventPicker } from "./EventPicker";
import { withWhere, type EventChoice } from "./spec";
import { Where } from "./Where";
import "./Steps.css";

interface Props {
  value: EventChoice[];
  onChange: (steps: EventChoice[]) => void;
}

/** The steps of a funnel, in their order: add, remove, and move by button or Alt and an arrow. */
export function Steps({ value, onChange }: Props) {
  const listRef = useRef<HTMLOListElement>(null);
  const [moved, setMoved] = useState<{ to: number; said: string } | null>(null);

  useEffect(() => {
    if (moved) listRef.current?.children[moved.to]?.querySelector("input")?.focus();
  }, [moved]);

  const move = (from: number, to: number) => {
    const step = value[from];
    if (!step || to < 0 || to >= value.length) return;
    onChange(value.toSpliced(from, 1).toSpliced(to, 0, step));
    setMoved({ to, said: `${step.event || "The step"} is now step ${to + 1} of ${value.length}.` });
  };
  const onKeyDown = (event: KeyboardEvent, at: number) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!event.altKey || by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move(at, at + by);
  };
  return (
    <fieldset className="stack">
      <legend>
        <h2>Steps</h2>
      </legend>
      <ol className="steps" ref={listRef}>
        {value.map((step, i) => (
          <li key={i} onKeyDownCapture={(event) => onKeyDown(event, i)}>
            <EventPicker
              label={`Step ${i + 1}`}
              value={step.event}
              onChange={(event) => onChange(value.with(i, { ...step, event }))}
            />
            <div className="row step-ways">
              <button
                type="button"
                className="quiet"
                disabled={i === 0}
                aria-label={`Move step ${i + 1} up`}
                onClick={() => move(i, i - 1)}
              >
                Up
              </button>
              <button
                type="button"
                className="quiet"
                disabled={i === value.length - 1}
                aria-label={`Move step ${i + 1} down`}
                onClick={() => move(i, i + 1)}
              >
                Down
              </button>
              <button
                type="button"
                className="quiet"
                disabled={value.length <= 2}
                aria-label={`Remove step ${i + 1}`}
                onClick={() => onChange(value.toSpliced(i, 1))}
              >
                Remove
              </button>
            </div>
            <Where
              of={`step ${i + 1}`}
              value={step.where}
              onChange={(where) => onChange(value.with(i, withWhere(step, where)))}
            />
          </li>
        ))}
      </ol>
      <div>
        <button type="button" onClick={() => onChange([...value, { event: "" }])}>
          Add step
        </button>
      </div>
      <p className="note">Alt with ↑ or ↓ moves a step.</p>
      <p className="unseen" role="status">
        {moved?.said}
      </p>
    </fieldset>
  );
}
