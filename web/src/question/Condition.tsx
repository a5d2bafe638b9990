import { useState } from "react";
import { useVocabulary } from "../api/queries";
import { Choice } from "./Choice";
import { Picker } from "./Picker";
import { OPS, takesNothing, type Comparison, type Op } from "./spec";
import {
  readValue,
  takesList,
  takesText,
  TYPES,
  typeOf,
  writeValue,
  type ValueType,
} from "./values";

const words: Record<Op, string> = {
  "=": "is",
  "!=": "is not",
  ">": "is more than",
  ">=": "is at least",
  "<": "is less than",
  "<=": "is at most",
  in: "is one of",
  not_in: "is none of",
  contains: "contains",
  matches: "matches (RE2)",
  exists: "is there",
  is_null: "is null",
};
const operators = OPS.map((op) => [op, words[op]] as const);

interface Props {
  value: Comparison;
  onChange: (value: Comparison) => void;
  onRemove: () => void;
}

/** One comparison of a property: which, how, with what. */
export function Condition({ value, onChange, onRemove }: Props) {
  const properties = useVocabulary().data?.properties ?? [];
  const name = Array.isArray(value.property) ? value.property.join(".") : value.property;
  const known = properties.find((each) => each.name === name)?.types ?? [];
  const possible = TYPES.filter((type) => known.length === 0 || known.includes(type));
  const type = takesText(value.op) ? "text" : (typeOf(value.value) ?? possible[0] ?? "text");
  const withValue = (op: Op, asType: ValueType, typed: string): Comparison => {
    const read = takesNothing(op)
      ? undefined
      : readValue(typed, takesText(op) ? "text" : asType, op);
    return { property: value.property, op, ...(read !== undefined && { value: read }) };
  };
  const typed = writeValue(value.value);
  return (
    <fieldset className="condition">
      <legend className="unseen">Condition on {name || "a property"}</legend>
      <Picker
        label="Property"
        labelHidden
        placeholder="Choose a property"
        value={name}
        items={properties.map((each) => each.name)}
        note={(each) => properties.find(({ name }) => name === each)?.types.join(", ") ?? ""}
        onChange={(property) => onChange({ property, op: value.op })}
      />
      <Choice
        label="Comparison"
        labelHidden
        value={value.op}
        options={operators}
        onChange={(op) => onChange(withValue(op, type, typed))}
      />
      {!takesNothing(value.op) && (
        <Value
          key={`${name} ${type} ${value.op}`}
          type={type}
          op={value.op}
          value={typed}
          onChange={(typed) => onChange(withValue(value.op, type, typed))}
        />
      )}
      {possible.length > 1 && !takesText(value.op) && !takesNothing(value.op) && (
        <Choice
          label="Type of the value"
          labelHidden
          value={type}
          options={possible.map((each) => [each, each])}
          onChange={(type) => onChange(withValue(value.op, type, typed))}
        />
      )}
      <button type="button" className="quiet" onClick={onRemove}>
        Remove condition
      </button>
    </fieldset>
  );
}

function Value({
  type,
  op,
  value,
  onChange,
}: {
  type: ValueType;
  op: Op;
  value: string;
  onChange: (typed: string) => void;
}) {
  const [typed, setTyped] = useState(value);
  if (type === "flag" && !takesList(op))
    return (
      <Choice
        label="Value"
        labelHidden
        value={value}
        onChange={onChange}
        options={[
          ["", "Choose"],
          ["true", "true"],
          ["false", "false"],
        ]}
      />
    );
  return (
    <label className="label">
      <span className="unseen">{takesList(op) ? "Values, parted by commas" : "Value"}</span>
      <input
        value={typed}
        inputMode={type === "number" ? "decimal" : "text"}
        spellCheck={false}
        placeholder={
          takesList(op) ? "Values, parted by commas" : type === "number" ? "A number" : "A value"
        }
        onChange={({ target }) => {
          setTyped(target.value);
          onChange(target.value);
        }}
      />
    </label>
  );
}
