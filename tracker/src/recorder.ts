import { uuid7, type Event } from "./event.js";
import { campaign } from "./place.js";
import { Queue } from "./queue.js";
import type { Settings } from "./settings.js";
import type { Line } from "./store.js";
import { inSession, Memory } from "./visitor.js";

const MOST_HELD = 200;
/** So often is it written when somebody was last seen: storage is slow, sessions are long. */
const SEEN = 10_000;
/** By then all tabs that were agreed in at once read what the last of them wrote. */
const AGREED = 500;

/** Makes events of what is told, and sends them as far as their person agrees. */
export class Recorder {
  readonly memory: Memory;
  readonly #held: Line[] = [];
  #queue: Queue | undefined;
  #agreeing = false;
  /** Of whom it is what is held. */
  #id = "";
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
    if (this.#agreeing) this.#open();
    return this.#queue;
  }

  /** The event `name` at `at`, in milliseconds since 1970, with what `more` says. */
  keep(name: string, more: Partial<Event>, at = Date.now()): void {
    const before = this.memory.read();
    if (before.consent === false) {
      this.#queue?.discard();
      if (this.#queue || this.#agreeing) this.#forget();
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

  /** The person agrees: what was held is sent, as theirs who it is then, and from now on all is. */
  agree(): void {
    if (this.#queue || this.#agreeing) return;
    this.#id = this.memory.read().id;
    this.memory.agree(this.#local);
    this.#rename();
    this.#tell(true);
    this.#agreeing = true;
    setTimeout(() => this.queue, AGREED);
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
    this.#agreeing = false;
    this.#held.length = 0;
    this.#queue = undefined;
    this.memory.forget(this.#local && this.settings.consent === "given");
  }

  #open(): void {
    this.#agreeing = false;
    this.#rename();
    const opened = new Queue(this.to, this.memory.keeps ? this.name : "");
    this.#held.splice(0).forEach((line) => opened.add(line));
    this.#queue = opened;
  }

  #rename(): void {
    const { id } = this.memory.read();
    for (const line of this.#held) line.json = line.json.replaceAll(this.#id, id);
    this.#id = id;
  }
}
