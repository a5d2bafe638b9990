interface Props<T extends string> {
  label: string;
  labelHidden?: boolean;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}

/** One of a few. */
export function Choice<T extends string>({
  label,
  labelHidden,
  value,
  options,
  onChange,
}: Props<T>) {
  return (
    <label className="label">
      <span className={labelHidden ? "unseen" : undefined}>{label}</span>
      <select
        value={value}
        onChange={({ target }) => {
          const chosen = options.find(([each]) => each === target.value);
          if (chosen) onChange(chosen[0]);
        }}
      >
        {options.map(([each, words]) => (
          <option key={each} value={each}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
