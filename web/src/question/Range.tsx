import { addDays, dayIn, ownZone } from "../words/times";
import { Choice } from "./Choice";
import type { Common } from "./spec";

interface Props {
  value: Common;
  /** The fields to change; undefined removes one. */
  onChange: (changed: { [K in keyof Common]?: Common[K] | undefined }) => void;
}

const ranges = [
  ["all", "All data"],
  ["7", "Last 7 days"],
  ["30", "Last 30 days"],
  ["90", "Last 90 days"],
  ["365", "Last 365 days"],
  ["days", "Between two days"],
] as const;

function chosen({ last, from, to }: Common): string {
  return last !== undefined
    ? String(last)
    : from !== undefined || to !== undefined
      ? "days"
      : "all";
}

/** Which days the question is about, and in which zone a day begins. */
export function Range({ value, onChange }: Props) {
  const zone = value.timezone ?? "UTC";
  const now = chosen(value);
  const options = ranges.some(([each]) => each === now)
    ? ranges
    : [...ranges, [now, `Last ${now} days`] as const];
  const choose = (to: string) => {
    const today = dayIn(zone, new Date());
    if (to === "all") onChange({ last: undefined, from: undefined, to: undefined });
    else if (to === "days") onChange({ last: undefined, from: addDays(today, -29), to: today });
    else onChange({ last: Number(to), from: undefined, to: undefined });
  };
  const zones = [...new Set(["UTC", ownZone, zone])].map((each) => [each, each] as const);
  return (
    <fieldset className="stack">
      <legend>
        <h2>When</h2>
      </legend>
      <Choice<string> label="Days" labelHidden value={now} options={options} onChange={choose} />
      {now === "days" && (
        <div className="pair">
          <Day label="First day" value={value.from} onChange={(from) => onChange({ from })} />
          <Day label="Last day" value={value.to} onChange={(to) => onChange({ to })} />
        </div>
      )}
      <Choice<string>
        label="Zone in which a day begins"
        value={zone}
        options={zones}
        onChange={(timezone) => onChange({ timezone })}
      />
    </fieldset>
  );
}

function Day({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string | undefined;
  onChange: (day: string | undefined) => void;
}) {
  return (
    <label className="label">
      {label}
      <input
        type="date"
        value={value ?? ""}
        onChange={({ target }) => onChange(target.value || undefined)}
      />
    </label>
  );
}
