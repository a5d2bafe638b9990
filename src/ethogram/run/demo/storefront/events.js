// Sends native events to Ethogram: POST /v1/events with the write key as a bearer.
// The key comes from the page's address (?key=…) or from the meta tag that the server fills.

const SESSION_GAP = 30 * 60 * 1000;
const said = (name) => document.querySelector(`meta[name="ethogram-${name}"]`)?.content ?? "";
const key = new URLSearchParams(location.search).get("key") || said("write-key");
const address = said("events") || "/v1/events";

/** The made-up shopper that this browser is. */
export function person() {
  let id = localStorage.getItem("person");
  if (!id) {
    id = `visitor-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
    localStorage.setItem("person", id);
  }
  return id;
}

/** Forgets who this browser was; the next event is a new shopper's. */
export function renew() {
  localStorage.removeItem("person");
  localStorage.removeItem("session");
}

function session(now) {
  const [id, seen] = (localStorage.getItem("session") ?? "").split(" ");
  const fresh = !id || now - Number(seen) > SESSION_GAP;
  const current = fresh ? `${person()}-${now}` : id;
  localStorage.setItem("session", `${current} ${now}`);
  return current;
}

/** Sends one event and shows in the page whether it was accepted. */
export async function send(name, properties = {}) {
  const now = Date.now();
  const event = {
    event: name,
    anonymous_id: person(),
    event_id: `${person()}-${now}-${crypto.getRandomValues(new Uint32Array(1))[0]}`,
    session_id: session(now),
    timestamp: new Date(now).toISOString(),
    properties: { ...properties, device: matchMedia("(pointer: coarse)").matches ? "phone" : "computer" },
    context: { page: { path: location.pathname + location.hash, title: "Quiet Goods" } },
  };
  const line = document.createElement("li");
  line.textContent = `${name}: on its way`;
  const list = document.querySelector("#sent");
  list.prepend(line);
  while (list.children.length > 8) list.lastChild.remove();
  const outcome = await post(event);
  line.textContent = `${name}: ${outcome}`;
  line.classList.toggle("failed", outcome !== "accepted");
}

async function post(event) {
  if (!key) return "not sent, the page has no write key; open it from Ethogram or add ?key=…";
  try {
    const answer = await fetch(address, {
      method: "POST",
      keepalive: true,
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${key}` },
      body: JSON.stringify([event]),
    });
    const body = await answer.json();
    if (!answer.ok) return `refused, ${body.error?.message ?? answer.status}`;
    return body.rejected?.length ? `rejected, ${body.rejected[0].message}` : "accepted";
  } catch {
    return "not sent, Ethogram does not answer";
  }
}
