// What PostHog's client is made to say: `node posthog.mjs URL KEY NAME COUNT`. NAME `calls` says
// each kind of call once; any other is an event that happened COUNT times, once a minute. The
// script ends when every call was delivered, and fails with those that were not.
import { PostHog } from "posthog-node";

const [url, key, name, count] = process.argv.slice(2);
const START = Date.UTC(2026, 2, 1, 12);
const client = new PostHog(key, {
  host: `${url}/posthog`,
  flushAt: 50,
  flushInterval: 100,
  fetchRetryCount: 40,
  fetchRetryDelay: 200,
});
const space = Buffer.from(name.padEnd(6)).toString("hex").replace(/^(.{8})(.{4}).*/, "$1-$2");
const alive = setInterval(() => {}, 1_000); // its own timers do not keep node running
const errors = [];
client.on("error", (error) => errors.push(error));

if (name === "calls") {
  client.identify({ distinctId: "ann", properties: { $set: { plan: "pro" }, $set_once: { first: "ad" }, $anon_distinct_id: "visitor" } });
  client.capture({ distinctId: "ann", event: "Paid", properties: { revenue: 12.5, currency: "EUR", order_id: "o1" }, groups: { company: "acme" } });
  client.capture({ distinctId: "ann", event: "$pageview", properties: { $current_url: "https://example.org" } });
  client.groupIdentify({ groupType: "company", groupKey: "acme", properties: { seats: 5 } });
  client.alias({ distinctId: "ann", alias: "older" });
  if (Object.keys(await client.getAllFlags("ann")).length) throw new Error("there are flags");
} else {
  for (let i = 0; i < Number(count); i++)
    client.capture({
      distinctId: `user ${i % 7}`,
      event: name,
      properties: { i },
      timestamp: new Date(START + i * 60_000),
      uuid: `${space}-4000-8000-${String(i).padStart(12, "0")}`,
    });
}
await client.shutdown(60_000);
clearInterval(alive);
if (errors.length) {
  console.error(`${errors.length} requests failed:`, errors[0]);
  process.exit(1);
}
