/** What is said of an event, a person or a group. */
export type Properties = Record<string, unknown>;

/** A company, household or device that the person acts for. */
export interface Group {
  type: string;
  id: string;
}

/** An event as `POST /v1/events` takes it. */
export interface Event {
  event: string;
  event_id: string;
  /** Milliseconds since 1970. */
  timestamp: number;
  anonymous_id: string;
  session_id: string;
  user_id?: string;
  kind?: "page" | "identify" | "alias" | "group" | "consent";
  properties?: Properties;
  groups?: Group[];
  profile_ops?: { op: "set"; values: Properties; target: "person" | "group" }[];
  identity_links?: { kind: string; a: string; b: string; b_kind: "user" | "anonymous" }[];
  consent?: Record<string, boolean>;
}

/** A new id after RFC 9562, version 7: it begins with the time, so that ids sort by it. */
export function uuid7(at = Date.now()): string {
  const random = crypto.getRandomValues(new Uint8Array(10));
  const hex = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const time = at.toString(16).padStart(12, "0");
  const variant = "89ab".charAt((random[2] ?? 0) & 3);
  return (
    `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(1, 4)}` +
    `-${variant}${hex.slice(5, 8)}-${hex.slice(8)}`
  );
}
