import { useVocabulary } from "../api/queries";
import { counted } from "../words/numbers";
import { Picker } from "./Picker";

interface Props {
  label: string;
  labelHidden?: boolean;
  value: string;
  onChange: (event: string) => void;
}

/** An event out of those that happened here, the most frequent first. */
export function EventPicker(props: Props) {
  const events = useVocabulary().data?.events ?? [];
  const notes = new Map(
    events
      .toSorted((a, b) => (b.count ?? 0) - (a.count ?? 0))
      .map((event) => [
        event.name,
        event.hint || (event.count === null ? "" : counted(event.count, "time")),
      ]),
  );
  return (
    <Picker
      {...props}
      items={[...notes.keys()]}
      note={(name) => notes.get(name) ?? ""}
      placeholder="Choose an event"
    />
  );
}
