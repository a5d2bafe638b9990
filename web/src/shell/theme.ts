import { useSyncExternalStore } from "react";

export const CHOICES = ["system", "light", "dark"] as const;
export type Choice = (typeof CHOICES)[number];

const KEY = "ethogram-theme";
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function stored(): Choice {
  const value = localStorage.getItem(KEY);
  return CHOICES.find((choice) => choice === value) ?? "system";
}

function show(choice: Choice) {
  if (choice === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = choice;
}

export function choose(choice: Choice) {
  localStorage.setItem(KEY, choice);
  show(choice);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  systemIsDark.addEventListener("change", listener);
  return () => {
    listeners.delete(listener);
    systemIsDark.removeEventListener("change", listener);
  };
}

/** What the person chose: one theme, or the system's. */
export const useChoice = (): Choice => useSyncExternalStore(subscribe, stored);

/** The theme that is seen. */
export function useTheme(): "dark" | "light" {
  return useSyncExternalStore(subscribe, () => {
    const choice = stored();
    return choice === "system" ? (systemIsDark.matches ? "dark" : "light") : choice;
  });
}

show(stored());
