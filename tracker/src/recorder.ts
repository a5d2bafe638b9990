import { uuid7, type Event } from "./event.js";
import { campaign } from "./place.js";
import { Queue } from "./queue.js";
import type { Settings } from "./settings.js";
import type { Line } from "./store.js";
import { inSession, Memory } from "./visitor.js";

const MOST_HELD = 200;
/** So often is it written when somebody was last seen: storage is slow, sessions are long. */
const SEEN = 10_000;

/** Makes events of what is told, and sends them as far as their person agrees. */
export class Recorder {
  readonly memory: Memory;
  readonly #held: Line[] = [];
  #queue: Queue | undefined;
  #came = campaign();

  /** To the address `to`; what waits is kept in the browser under `name`. */
  constructor(
    private readonly to: string,
    private readonly name: string,
    private readonly settings: Settings,
  ) {
    this.memory = new Memory(this.#local);
    const { consent } = this.memory.read();
    if (consent ?? settings.consent === "given") this.#open();
    else this.memory.keeps = false;
  }

  /** The way to the server, once the person agrees. */
  get queue(): Queue | undefined {
    return this.#queue;
  }

  /** The event `name` at `at`, in milliseconds since 1970, with what `more` says. */
  keep(name: string, more: Partial<Event>, at = Date.now()): void {
    const before = this.memory.read();
    if (before.consent === false) {
      if (this.#queue) {
        this.#queue.discard();
        this.#forget();
      }
      return;
    }
    const known = inSession(before, at, this.#came);
    this.#came = "";
    if (known.session !== before.session || at - before.seen > SEEN) this.memory.write(known);
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
    if (this.#queue) this.#queue.add(line);
    else if (this.#held.push(line) > MOST_HELD) this.#held.shift();
  }

  /** The person agrees: what was held is sent, and from now on all is. */
  agree(): void {
    if (this.#queue) return;
    const known = this.memory.read();
    this.memory.keeps = this.#local;
    this.memory.write({ ...known, consent: true });
    this.#open();
    this.#tell(true);
  }

  /** The person does not: who was tracked until now says so, and all that was kept is forgotten. */
  disagree(): void {
    this.#queue?.discard();
    if (this.#queue) this.#tell(false);
    this.#queue?.end();
    this.#forget();
  }

  get #local(): boolean {
    return this.settings.storage === "local";
  }

  #tell(analytics: boolean): void {
    this.keep("consent", { kind: "consent", consent: { analytics } });
  }

  #forget(): void {
    this.#held.length = 0;
    this.#queue = undefined;
    this.memory.forget(this.#local && this.settings.consent === "given");
  }

  #open(): void {
    const opened = new Queue(this.to, this.memory.keeps ? this.name : "");
    this.#held.splice(0).forEach((line) => opened.add(line));
    this.#queue = opened;
  }
}
