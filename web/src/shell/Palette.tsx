import { Autocomplete } from "@base-ui/react/autocomplete";
import { Dialog } from "@base-ui/react/dialog";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { useVocabulary } from "../api/queries";
import type { TrendsDraft } from "../question/spec";
import { PAGES } from "./pages";
import { choose, CHOICES } from "./theme";
import "./Palette.css";

interface Command {
  label: string;
  run: () => void;
}

interface Props {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
}

const SHOWN_AT_ONCE = 50;

/** Every page, every event and every switch, by typing a part of its name. */
export function Palette({ isOpen, onOpenChange }: Props) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      onOpenChange(true);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [onOpenChange]);
  return (
    <Dialog.Root open={isOpen} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="veil" />
        <Dialog.Popup className="palette">
          <Dialog.Title className="unseen">Find a page, an event or a command</Dialog.Title>
          <Commands onDone={() => onOpenChange(false)} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Commands({ onDone }: { onDone: () => void }) {
  const commands = useCommands();
  return (
    <Autocomplete.Root
      open
      inline
      autoHighlight="always"
      keepHighlight
      limit={SHOWN_AT_ONCE}
      items={commands}
      itemToStringValue={(command: Command) => command.label}
    >
      <Autocomplete.Input
        aria-label="Find"
        placeholder="Find a page, an event, a command"
        spellCheck={false}
      />
      <Autocomplete.Empty className="picker-empty">
        Nothing has this in its name.
      </Autocomplete.Empty>
      <Autocomplete.List className="palette-list">
        {(command: Command) => (
          <Autocomplete.Item
            key={command.label}
            value={command}
            className="picker-item"
            onClick={() => {
              onDone();
              command.run();
            }}
          >
            {command.label}
          </Autocomplete.Item>
        )}
      </Autocomplete.List>
    </Autocomplete.Root>
  );
}

function useCommands(): Command[] {
  const navigate = useNavigate();
  const events = useVocabulary().data?.events ?? [];
  const pages = PAGES.map(({ to, name, question }) => ({
    label: `${name}: ${question}`,
    run: () => void navigate({ to }),
  }));
  const themes = CHOICES.map((choice) => ({
    label: `Colours: ${choice}`,
    run: () => choose(choice),
  }));
  const trends = events.map(({ name }) => {
    const search: TrendsDraft = { series: [{ event: name, measure: "total" }] };
    return {
      label: `How much happens: ${name}`,
      run: () => void navigate({ to: "/trends", search }),
    };
  });
  return [...pages, ...themes, ...trends];
}
