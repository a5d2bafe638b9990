// What Mixpanel's client is made to say: `node mixpanel.mjs HOST KEY NAME COUNT`. NAME `calls` says
// each kind of call once; any other is an event that happened COUNT times, once a minute. The
// client repeats nothing by itself, so the script does, until the answer is no error.
import Mixpanel from "mixpanel";

const [host, key, name, count] = process.argv.slice(2);
const START = Date.UTC(2026, 2, 1, 12);
const client = Mixpanel.init(key, { host, protocol: "http", path: "/mixpanel", verbose: name === "verbose", key });

const say = (call) =>
  new Promise((done, failed) => call((error) => (error ? failed(error) : done())));

async function until(call, tries = 200) {
  for (;;) {
    try {
      return await say(call);
    } catch (error) {
      if (!tries--) throw error;
      await new Promise((soon) => setTimeout(soon, 100));
    }
  }
}

const calls = [
  (done) => client.track("Paid", { distinct_id: "ann", revenue: 12.5, currency: "EUR", sign: "a+b ü ~~~>>>???" }, done),
  (done) => client.track("Nobody", {}, done),
  (done) => client.import("Long ago", new Date(1_400_000_000_000), { distinct_id: "ann" }, done),
  (done) => client.alias("ann", "older", done),
  (done) => client.people.set("ann", { plan: "pro" }, { $ip: 0 }, done),
  (done) => client.people.set_once("ann", { first: "ad" }, done),
  (done) => client.people.increment("ann", "visits", 2, done),
  (done) => client.people.append("ann", "cart", "tea", done),
  (done) => client.people.union("ann", { tags: ["a", "b"] }, done),
  (done) => client.people.remove("ann", { tags: "a" }, done),
  (done) => client.people.unset("ann", ["cart"], done),
  (done) => client.people.track_charge("ann", 29.99, { $time: new Date(START) }, done),
  (done) => client.people.delete_user("ann", done),
  (done) => client.groups.set("company", "acme", { seats: 5 }, done),
];

if (name === "calls") {
  for (const call of calls) await say(call);
} else {
  const events = Array.from({ length: Number(count) }, (_, i) => ({
    event: name,
    properties: { distinct_id: `user ${i % 7}`, $insert_id: `${name} ${i}`, i, time: new Date(START + i * 60_000) },
  }));
  for (let i = 0; i < events.length; i += 50)
    await until((done) => client.track_batch(structuredClone(events.slice(i, i + 50)), done));
}
process.exit(0);
