import { useNavigate } from "@tanstack/react-router";

type Changed<T> = { [K in keyof T]?: T[K] | undefined };

/** Writes what the form says into the address, beside what stands there; undefined removes. */
export function useChange<T extends object>(draft: T): (changed: Changed<T>) => void {
  const navigate = useNavigate();
  return (changed) => {
    const search = Object.entries({ ...draft, ...changed }).filter(
      ([, value]) => value !== undefined,
    );
    void navigate({ to: ".", search: Object.fromEntries(search), replace: true });
  };
}
