import { uuid7, type Group } from "./event.js";

const KEY = "ethogram";
const SESSION_GAP = 30 * 60_000;
const LONGEST_SESSION = 24 * 60 * 60_000;

/** Who this browser is; times are in milliseconds since 1970. */
export interface Known {
  id: string;
  user?: string;
  groups?: Group[];
  consent?: boolean;
  session: string;
  began: number;
  seen: number;
  campaign: string;
}

/** Somebody who was never here. */
export function stranger(): Known {
  return { id: uuid7(), session: "", began: 0, seen: 0, campaign: "" };
}

/**
 * `known` at `now`, in a session of theirs.
 *
 * A session ends after 30 minutes without an event, after 24 hours, and where its person comes
 * by another campaign; not at midnight.
 */
export function inSession(known: Known, now: number, campaign: string): Known {
  const ended =
    // A clock that was set back had seen them in the future.
    Math.abs(now - known.seen) > SESSION_GAP ||
    now - known.began > LONGEST_SESSION ||
    (campaign !== "" && campaign !== known.campaign);
  if (!ended) return { ...known, seen: now };
  return { ...known, session: uuid7(now), began: now, seen: now, campaign };
}

/** What the browser keeps of its person: shared by all tabs of a site, or in this page alone. */
export class Memory {
  #known = stranger();
  #kept = false;

  /** `keeps`: in the browser's storage, where the browser lets us. */
  constructor(public keeps: boolean) {}

  /** Who it is; without consent where another tab has forgotten what was kept. */
  read(): Known {
    if (this.keeps)
      try {
        const found = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Known>;
        // A refusal is kept without an id.
        if (found.id) [this.#known, this.#kept] = [{ ...stranger(), ...found }, true];
        else this.#known = { ...this.#known, ...(this.#kept ? { consent: false } : found) };
      } catch {
        // A browser may forbid it, and somebody may have written there; this page remembers.
      }
    return this.#known;
  }

  write(known: Known): void {
    this.#known = known;
    if (this.keeps)
      try {
        localStorage.setItem(KEY, JSON.stringify(known));
        this.#kept = true;
      } catch {
        // As above; and a storage may be full.
      }
  }

  /**
   * The person agrees to be kept in the browser, if `keeps`: as who another tab keeps already,
   * unless both know them as different users.
   */
  agree(keeps: boolean): void {
    const mine = this.read();
    this.keeps = keeps;
    const found = this.read();
    const two = mine.user && found.user && mine.user !== found.user;
    this.write({ ...mine, ...(!two && found), consent: true });
  }

  /** Whoever comes next is somebody else; what was agreed to stays. */
  renew(): void {
    const { consent } = this.read();
    this.write({ ...stranger(), ...(consent !== undefined && { consent }) });
  }

  /** Keep nothing from now on, and of what was kept the refusal alone, if `refusal`. */
  forget(refusal: boolean): void {
    this.#known = { ...stranger(), consent: false };
    this.#kept = false;
    try {
      localStorage.removeItem(KEY);
      if (refusal) localStorage.setItem(KEY, JSON.stringify({ consent: false }));
    } catch {
      // Then nothing was kept either.
    }
    this.keeps = false;
  }
}
