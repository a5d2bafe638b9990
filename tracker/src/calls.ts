import type { Event, Properties } from "./event.js";
import type { Recorder } from "./recorder.js";

/** This person is `user`. Somebody else than before has nothing to do with who was here before. */
export function identify(recorder: Recorder, user: string, traits: Properties): void {
  const { memory } = recorder;
  const before = memory.read().user;
  if (before && before !== user) memory.renew();
  memory.write({ ...memory.read(), user });
  recorder.keep("identify", { kind: "identify", ...changes("person", traits) });
}

/** The person acts for the group `id` of `type` from now on. */
export function join(recorder: Recorder, type: string, id: string, traits: Properties): void {
  const { memory } = recorder;
  const known = memory.read();
  const others = (known.groups ?? []).filter((group) => group.type !== type);
  memory.write({ ...known, groups: [...others, { type, id }] });
  recorder.keep("group", { kind: "group", ...changes("group", traits) });
}

/** Who was known as the user `other` is this person. */
export function alias(recorder: Recorder, other: string): void {
  const { user, id } = recorder.memory.read();
  const me = { b: user ?? id, b_kind: user ? "user" : "anonymous" } as const;
  recorder.keep("alias", { kind: "alias", identity_links: [{ kind: "alias", a: other, ...me }] });
}

function changes(target: "person" | "group", values: Properties): Partial<Event> {
  return Object.keys(values).length ? { profile_ops: [{ op: "set", values, target }] } : {};
}
