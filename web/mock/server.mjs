// A stand-in for `ethogram serve` while the pages are worked on: made-up answers, the real policy.
// node mock/server.mjs [--port 8787] [--mode full|empty|slow|fail|hostile]
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { parseArgs } from "node:util";
import { answerTo } from "./answers.mjs";
import { figureOf } from "./figures.mjs";

const { values } = parseArgs({
  options: { port: { type: "string", default: "8787" }, mode: { type: "string", default: "full" } },
});
const mode = values.mode;
const site = join(import.meta.dirname, "../../src/ethogram/show/site");
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const types = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};
const hostile = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;

const names = {
  catalog: 84_210,
  product_view: 61_377,
  cart_add: 20_114,
  checkout: 9_120,
  payment_done: 6_402,
  cart_remove: 2_310,
  signup: 1_987,
};
if (mode === "hostile") names[hostile] = 99_999;
const vocabulary = {
  events: mode === "empty" ? [] : Object.entries(names).map(([name, count]) => ({ name, count })),
  path: mode === "empty" ? [] : ["catalog", "cart", "payment_done"],
  properties: [
    { name: "country", types: ["text"] },
    { name: "price", types: ["number"] },
    { name: "category", types: ["text"] },
    { name: "member", types: ["flag"] },
    { name: "quantity", types: ["number", "text"] },
  ],
  simulated: mode !== "empty",
};

const heard = [];

const json = (response, body, status = 200) => {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
};
const failure = (code, message, hint = "", at = "") => ({ error: { code, message, hint, at } });
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const bodyOf = async (request) => JSON.parse(Buffer.concat(await request.toArray()).toString());

async function api(request, response, url) {
  if (!request.headers.cookie?.includes("mock=known"))
    return json(response, failure("bad_key", "The read key is missing or not valid."), 401);
  if (url.pathname === "/api/vocabulary") return json(response, vocabulary);
  if (url.pathname === "/api/live") return live(response);
  if (url.pathname === "/api/status") return json(response, { version: "0" });
  const body = await bodyOf(request);
  if (mode === "slow") await wait(3_000);
  if (mode === "fail" && url.pathname === "/api/ask")
    return json(
      response,
      failure(
        "unknown_event",
        'No event is called "kart".',
        'Did you mean "cart"? There are: cart, catalog.',
        "$.steps[1].event",
      ),
      400,
    );
  json(
    response,
    url.pathname === "/api/ask" ? answerTo(body) : figureOf(body, url.searchParams.get("theme")),
  );
}

function live(response) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  response.write(": here\n\n");
  if (mode === "empty") return;
  let position = 1000;
  let told = heard.length;
  const tell = () => {
    const received_at = new Date().toISOString();
    position += 1;
    const all = Object.keys(names);
    const refused = {
      position,
      code: "bad_time",
      message: "'yesterday' is not a time.",
      at: "$[3].timestamp",
      hint: 'Write ISO 8601, such as "2026-03-01T12:00:00Z".',
      received_at,
      protocol: "segment",
    };
    const event = {
      position,
      event: heard[told] === undefined ? all[position % all.length] : heard[told++],
      person: `p-${(position * 7919) % 9973}`,
      timestamp: received_at,
      received_at,
      properties: {
        country: "PT",
        price: position % 97,
        category: mode === "hostile" ? hostile : "smartphone",
      },
      sealed: position % 3 === 0,
    };
    response.write(
      position % 6 === 0
        ? `event: rejected\ndata: ${JSON.stringify(refused)}\n\n`
        : `event: event\nid: ${position}\ndata: ${JSON.stringify(event)}\n\n`,
    );
  };
  for (let i = 0; i < 8; i++) tell();
  const timer = setInterval(tell, 700);
  response.on("close", () => clearInterval(timer));
}

function file(response, path) {
  const asked = join(site, normalize(path));
  const found = existsSync(asked) && statSync(asked).isFile() ? asked : join(site, "index.html");
  response.writeHead(200, {
    "Content-Type": types[extname(found)] ?? "application/octet-stream",
    "Content-Security-Policy": policy,
  });
  createReadStream(found).pipe(response);
}

createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  if (url.pathname === "/v1/events")
    bodyOf(request).then((events) => {
      for (const { event } of events) {
        names[event] = (names[event] ?? 0) + 1;
        heard.push(event);
      }
      vocabulary.events = Object.entries(names).map(([name, count]) => ({ name, count }));
      json(response, { accepted: events.length, duplicates: 0, rejected: [] });
    });
  else if (url.pathname.startsWith("/api/"))
    api(request, response, url).catch(() => response.destroy());
  else if (url.searchParams.has("key"))
    response
      .writeHead(303, {
        "Set-Cookie": "mock=known; HttpOnly; SameSite=Strict",
        Location: url.pathname,
      })
      .end();
  else file(response, url.pathname);
}).listen(Number(values.port), "127.0.0.1", () =>
  console.log(`http://127.0.0.1:${values.port}/?key=mock (${mode})`),
);
