import { CAPTURES } from "./captures.js";
import { uuid7, type Event, type Properties } from "./event.js";
import type { Action, Message } from "./messages.js";
import { opened, type Capture } from "./page.js";
import { campaign } from "./place.js";
import { queue, type Queue } from "./queue.js";
import { listen, safely } from "./safely.js";
import { decided, type Settings } from "./settings.js";
import type { Line } from "./store.js";
import { inSession, Memory } from "./visitor.js";

const MOST_HELD = 200;
const ignored = () => undefined;

/** What a page can tell and ask; nothing here ever throws. */
export interface Tracker {
  /** Something happened. */
  track(event: string, properties?: Properties): void;
  /** A page was seen; pages are also noticed by themselves. */
  page(properties?: Properties): void;
  /** This person is `user`, of whom `traits` are true. */
  identify(user: string, traits?: Properties): void;
  /** The person acts for a group of a `type`, such as a company, of which `traits` are true. */
  group(type: string, id: string, traits?: Properties): void;
  /** This person was known as the user `other`. */
  alias(other: string): void;
  /** Whoever comes next on this browser is somebody else. */
  reset(): void;
  /** The person agrees to be tracked, or does not: then all that was kept is forgotten. */
  consent(granted: boolean): void;
  /** Send what waits, now. */
  flush(): void;
  /** Show a message in the page. */
  show(message: Message): void;
}

/** What is fetched when it is needed. */
export interface Parts {
  later: () => Promise<{ LATER: Record<string, Capture> }>;
  messages: () => Promise<{
    show: (message: Message, told: (action: Action) => void) => void;
  }>;
}

/** Track the page that is open: events go to the address `to` under the write key `key`. */
export function begin(to: string, key: string, given: Partial<Settings>, parts: Parts): Tracker {
  const settings = decided(given);
  const local = settings.storage === "local";
  const memory = new Memory(local);
  const refused = memory.read().consent === false;
  const held: Line[] = [];
  let sending: Queue | undefined;
  let shut = settings.stopped || refused;
  let came = campaign();

  const keep = (name: string, more: Partial<Event>, at = Date.now()) => {
    if (shut) return;
    const known = inSession(memory.read(), at, came);
    came = "";
    memory.write(known);
    const event: Event = {
      event: name,
      event_id: uuid7(at),
      timestamp: at,
      anonymous_id: known.id,
      session_id: known.session,
      ...(known.user && { user_id: known.user }),
      ...(known.groups && { groups: known.groups }),
      ...more,
    };
    const line = { id: event.event_id, json: JSON.stringify(event) };
    if (sending) sending.add(line);
    else if (held.push(line) > MOST_HELD) held.shift();
  };
  const tell = (name: string, properties: Properties, at?: number) =>
    keep(name, { properties, ...(name === "page" && { kind: "page" }) }, at);

  const start = () => {
    sending = queue(`${to}?key=${encodeURIComponent(key)}`, memory.keeps ? `ethogram ${key}` : "");
    held.splice(0).forEach((line) => sending?.add(line));
  };
  if (!shut && (settings.consent === "given" || memory.read().consent)) start();
  else memory.keeps = false;

  const { page, leave, arrive } = opened(settings, tell);
  const capture = (captures: Record<string, Capture>) => {
    for (const [event, start] of Object.entries(captures))
      if (!settings.off.includes(event)) safely(start)(page);
  };
  const look = safely(() => {
    capture(CAPTURES);
    parts.later().then(({ LATER }) => capture(LATER), ignored);
  });
  if (!settings.stopped) {
    if ((document as { prerendering?: boolean }).prerendering)
      document.addEventListener("prerenderingchange", look, { once: true });
    else look();
    listen(document, ["visibilitychange"], () => {
      if (document.visibilityState === "visible") return;
      leave();
      sending?.send();
    });
    listen(window, ["pagehide"], () => {
      leave();
      sending?.end();
    });
    listen(window, ["pageshow"], ({ persisted }) => {
      if (!persisted) return;
      sending?.begin();
      arrive();
    });
  }

  const agree = () => {
    const known = memory.read();
    memory.keeps = local;
    memory.write({ ...known, consent: true });
    shut = false;
    start();
    keep("consent", { kind: "consent", consent: { analytics: true } });
  };
  const disagree = () => {
    held.length = 0;
    sending?.discard();
    if (sending) keep("consent", { kind: "consent", consent: { analytics: false } });
    sending?.end();
    sending = undefined;
    shut = true;
    memory.forget(local && settings.consent === "given");
  };

  return {
    track: safely((event: string, properties: Properties = {}) => page.tell(event, properties)),
    page: safely((properties: Properties = {}) => page.tell("page", properties)),
    identify: safely((user: string, traits: Properties = {}) => {
      if (!settings.known) return;
      const before = memory.read();
      if (before.user && before.user !== user) memory.renew();
      memory.write({ ...memory.read(), user });
      const values = Object.keys(traits).length > 0;
      keep("identify", {
        kind: "identify",
        ...(values && { profile_ops: [{ op: "set", values: traits, target: "person" }] }),
      });
    }),
    group: safely((type: string, id: string, traits: Properties = {}) => {
      if (!settings.known) return;
      const known = memory.read();
      const others = (known.groups ?? []).filter((group) => group.type !== type);
      memory.write({ ...known, groups: [...others, { type, id }] });
      const values = Object.keys(traits).length > 0;
      keep("group", {
        kind: "group",
        ...(values && { profile_ops: [{ op: "set", values: traits, target: "group" }] }),
      });
    }),
    alias: safely((other: string) => {
      if (!settings.known) return;
      const { user, id } = memory.read();
      const me = user
        ? ({ b: user, b_kind: "user" } as const)
        : ({ b: id, b_kind: "anonymous" } as const);
      keep("alias", { kind: "alias", identity_links: [{ kind: "alias", a: other, ...me }] });
    }),
    reset: safely(() => memory.renew()),
    consent: safely((granted: boolean) => {
      if (settings.stopped) return;
      if (!granted) disagree();
      else if (!sending) agree();
    }),
    flush: safely(() => sending?.send()),
    show: safely((message: Message) => {
      const { name, kind } = message;
      const told = (action: Action) => page.tell("message", { name, kind, action });
      parts.messages().then(({ show }) => show(message, told), ignored);
    }),
  };
}
