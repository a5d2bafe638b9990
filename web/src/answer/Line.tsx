import "./Line.css";

interface Props {
  values: readonly number[];
  label: string;
  /** The value at the upper edge; the largest one unless it is given. */
  most?: number;
  kind?: "departs";
}

/** A small line: the course of a few numbers, from nothing at the lower edge. */
export function Line({ values, label, most, kind }: Props) {
  const top = Math.max(most ?? 0, ...values) || 1;
  const step = 100 / Math.max(values.length - 1, 1);
  const points = values.map((value, i) => `${i * step},${20 - (18 * value) / top}`);
  if (points.length === 1) points.push(`100,${20 - (18 * (values[0] ?? 0)) / top}`);
  return (
    <svg
      className={kind ? `line line-${kind}` : "line"}
      viewBox="0 0 100 21"
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <polyline points={points.join(" ")} />
    </svg>
  );
}
