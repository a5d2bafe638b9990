import { useId, useState } from "react";
import { isCommon, type Field } from "./schema";

interface Props {
  fields: Field[];
  value: Record<string, unknown>;
  onChange: (value: Record<string, unknown>) => void;
}

/** A form for any question, made from its schema; a field left empty keeps its default. */
export function SchemaForm({ fields, value, onChange }: Props) {
  const inputs = (shown: Field[]) =>
    shown.map((field) => (
      <Input
        key={field.name}
        field={field}
        value={value[field.name]}
        onChange={(said) => {
          const others = Object.entries(value).filter(([name]) => name !== field.name);
          onChange(
            Object.fromEntries(said === undefined ? others : [...others, [field.name, said]]),
          );
        }}
      />
    ));
  return (
    <>
      {inputs(fields.filter((field) => !isCommon(field)))}
      <details className="stack">
        <summary>Time, people and groups</summary>
        {inputs(fields.filter(isCommon))}
      </details>
    </>
  );
}

interface InputProps {
  field: Field;
  value: unknown;
  onChange: (value: unknown) => void;
}

function Input({ field, value, onChange }: InputProps) {
  const { name, kind, options, isRequired, otherwise } = field;
  const label = name.replaceAll("_", " ") + (isRequired ? " (needed)" : "");
  if (kind === "flag")
    return (
      <label className="row">
        <input
          type="checkbox"
          checked={(value ?? otherwise) === true}
          onChange={({ target }) => onChange(target.checked)}
        />
        {label}
      </label>
    );
  if (kind === "choice")
    return (
      <label className="label">
        <span>{label}</span>
        <select
          value={typeof value === "string" ? value : ""}
          onChange={({ target }) => onChange(target.value || undefined)}
        >
          <option value="">{usual(otherwise)}</option>
          {options.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
    );
  if (kind === "json")
    return <Json label={label} field={field} value={value} onChange={onChange} />;
  return (
    <label className="label">
      <span>{label}</span>
      <input
        type={kind === "number" ? "number" : "text"}
        step="any"
        value={typeof value === "string" || typeof value === "number" ? value : ""}
        placeholder={usual(otherwise)}
        onChange={({ target }) => {
          if (target.value === "") onChange(undefined);
          else onChange(kind === "number" ? Number(target.value) : target.value);
        }}
      />
    </label>
  );
}

/** JSON, or a bare word, which stands for itself. */
function Json({ label, field, value, onChange }: InputProps & { label: string }) {
  const [text, setText] = useState(value === undefined ? "" : shown(value));
  const noteId = useId();
  const isBroken = /^[[{"]/.test(text.trim()) && read(text) === undefined;
  return (
    <label className="label">
      <span>{label}</span>
      <textarea
        rows={2}
        value={text}
        placeholder={usual(field.otherwise)}
        aria-invalid={isBroken}
        aria-describedby={noteId}
        onChange={({ target }) => {
          setText(target.value);
          const said = read(target.value);
          if (target.value.trim() === "") onChange(undefined);
          else if (said !== undefined) onChange(said);
        }}
      />
      <span id={noteId} className="note">
        {isBroken ? "This is not JSON yet." : ""}
      </span>
    </label>
  );
}

const shown = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value);

function read(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return /^[[{"]/.test(text.trim()) ? undefined : text.trim();
  }
}

function usual(otherwise: unknown): string {
  const isNothing =
    otherwise === null ||
    otherwise === undefined ||
    (typeof otherwise === "object" && Object.keys(otherwise).length === 0);
  return isNothing ? "" : shown(otherwise);
}
