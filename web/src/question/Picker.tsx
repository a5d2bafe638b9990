import { Combobox } from "@base-ui/react/combobox";
import "./Picker.css";

interface Props {
  label: string;
  labelHidden?: boolean;
  value: string;
  items: string[];
  /** What stands beside an item in the list, such as how often it happened. */
  note?: (item: string) => string;
  placeholder: string;
  onChange: (value: string) => void;
}

const SHOWN_AT_ONCE = 100;

/** One name out of many, found by typing a part of it. */
export function Picker({ label, labelHidden, value, items, note, placeholder, onChange }: Props) {
  return (
    <Combobox.Root
      items={items}
      value={value || null}
      onValueChange={(chosen: string | null) => {
        if (chosen !== null) onChange(chosen);
      }}
      limit={SHOWN_AT_ONCE}
      autoHighlight
    >
      <label className="label">
        <span className={labelHidden ? "unseen" : undefined}>{label}</span>
        <Combobox.Input
          placeholder={placeholder}
          spellCheck={false}
          // What is typed next seeks another name; it is not added to the chosen one.
          onFocus={({ currentTarget }) => currentTarget.select()}
          onClick={({ currentTarget }) => {
            if (currentTarget.value === value) currentTarget.select();
          }}
        />
      </label>
      <Combobox.Portal>
        <Combobox.Positioner className="picker" sideOffset={4} align="start">
          <Combobox.Popup className="picker-popup">
            <Combobox.Empty className="picker-empty">
              {items.length === 0 ? "There are none yet." : "None has this in its name."}
            </Combobox.Empty>
            <Combobox.List className="picker-list">
              {(item: string) => (
                <Combobox.Item key={item} value={item} className="picker-item">
                  <span>{item}</span>
                  {note && <span className="note">{note(item)}</span>}
                </Combobox.Item>
              )}
            </Combobox.List>
          </Combobox.Popup>
        </Combobox.Positioner>
      </Combobox.Portal>
    </Combobox.Root>
  );
}
