import { useVocabulary } from "../api/queries";
import { count } from "../words/numbers";
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
  const times = new Map(events.map((event) => [event.name, event.count]));
  const names = [...times.keys()].sort((a, b) => (times.get(b) ?? 0) - (times.get(a) ?? 0));
  return (
    <Picker
      {...props}
      items={names}
      note={(name) => `${count(times.get(name) ?? 0)} times`}
      placeholder="Choose an event"
    />
  );
}
