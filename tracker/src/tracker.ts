import { alias, identify, join } from "./calls.js";
import { CAPTURES } from "./captures.js";
import type { Properties } from "./event.js";
import type { Action, Message } from "./messages.js";
import { Page, type Capture } from "./page.js";
import { Recorder } from "./recorder.js";
import { listen, safely } from "./safely.js";
import { decided, type Settings } from "./settings.js";

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

const ignored = () => undefined;

/** Track the page that is open: events go to the address `to` under the write key `key`. */
export function begin(to: string, key: string, given: Partial<Settings>, parts: Parts): Tracker {
  const { stopped, ...settings } = decided(given);
  if (stopped) return calls(undefined, undefined, parts);
  const address = `${to}?key=${encodeURIComponent(key)}`;
  const recorder = new Recorder(address, `ethogram ${key}`, settings);
  const page = new Page(settings, (event, properties, at) =>
    recorder.keep(event, { properties, ...(event === "page" && { kind: "page" }) }, at),
  );
  const look = safely(() => watch(page, recorder, parts));
  if ((document as { prerendering?: boolean }).prerendering)
    document.addEventListener("prerenderingchange", look, { once: true });
  else look();
  return calls(recorder, page, parts);
}

/** Capture what is to be captured, and send what there is when the page may be ending. */
function watch(page: Page, recorder: Recorder, parts: Parts): void {
  const capture = (captures: Record<string, Capture>) => {
    for (const [event, start] of Object.entries(captures))
      if (!page.settings.off.includes(event)) safely(start)(page);
  };
  capture(CAPTURES);
  parts.later().then(({ LATER }) => capture(LATER), ignored);
  listen(document, ["visibilitychange"], () => {
    if (document.visibilityState === "visible") return;
    page.leave();
    recorder.queue?.send();
  });
  listen(window, ["pagehide"], () => {
    page.leave();
    recorder.queue?.end();
  });
  listen(window, ["pageshow"], ({ persisted }) => {
    if (!persisted) return;
    recorder.queue?.begin();
    page.arrive();
  });
}

/** The calls of a page, which do nothing where there is no recorder. */
function calls(recorder: Recorder | undefined, page: Page | undefined, parts: Parts): Tracker {
  const known = page?.settings.anonymous ? undefined : recorder;
  return {
    track: safely((event: string, properties: Properties = {}) => page?.tell(event, properties)),
    page: safely((properties: Properties = {}) => page?.tell("page", properties)),
    identify: safely(
      (user: string, traits: Properties = {}) => known && identify(known, user, traits),
    ),
    group: safely(
      (type: string, id: string, traits: Properties = {}) => known && join(known, type, id, traits),
    ),
    alias: safely((other: string) => known && alias(known, other)),
    reset: safely(() => recorder?.memory.renew()),
    consent: safely((granted: boolean) => (granted ? recorder?.agree() : recorder?.disagree())),
    flush: safely(() => recorder?.queue?.send()),
    show: safely((message: Message) => {
      const { name, kind } = message;
      const told = (action: Action) => page?.tell("message", { name, kind, action });
      parts.messages().then(({ show }) => show(message, told), ignored);
    }),
  };
}
