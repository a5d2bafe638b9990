import { useVocabulary } from "../api/queries";
import { Picker } from "./Picker";

interface Props {
  value: string[] | undefined;
  onChange: (by: string[]) => void;
}

const MOST = 3;

/** The properties by whose values the answer is split. */
export function By({ value = [], onChange }: Props) {
  const properties = useVocabulary().data?.properties ?? [];
  const free = properties.map((each) => each.name).filter((name) => !value.includes(name));
  return (
    <fieldset className="stack">
      <legend>
        <h2>Split by</h2>
      </legend>
      {value.map((name) => (
        <div key={name} className="row apart">
          <span>{name}</span>
          <button
            type="button"
            className="quiet"
            aria-label={`Remove the split by ${name}`}
            onClick={() => onChange(value.filter((each) => each !== name))}
          >
            Remove
          </button>
        </div>
      ))}
      {value.length < MOST && (
        <Picker
          key={value.length}
          label="Split by a property"
          labelHidden
          value=""
          items={free}
          placeholder={value.length ? "And by…" : "Not split"}
          onChange={(name) => onChange([...value, name])}
        />
      )}
    </fieldset>
  );
}
