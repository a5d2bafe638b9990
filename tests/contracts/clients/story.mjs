// What the clients of Segment and RudderStack are made to say: `node CLIENT.mjs URL KEY NAME COUNT`.
// NAME `calls` says each kind of call once; any other is an event that happened COUNT times, once a
// minute. The script ends when every call was delivered, and fails with those that were not.
export const [url, key, name, count] = process.argv.slice(2);
const START = Date.UTC(2026, 2, 1, 12);

const calls = [
  ["identify", { userId: "ann", anonymousId: "visitor", traits: { plan: "pro" } }],
  ["track", { userId: "ann", event: "Paid", properties: { revenue: 12.5, currency: "EUR", order_id: "o1" } }],
  ["page", { userId: "ann", category: "Docs", name: "Home", properties: { url: "https://example.org" } }],
  ["screen", { userId: "ann", name: "Start" }],
  ["group", { userId: "ann", groupId: "acme", traits: { seats: 5 } }],
  ["alias", { userId: "ann", previousId: "visitor" }],
];

const tracks = () =>
  Array.from({ length: Number(count) }, (_, i) => [
    "track",
    {
      userId: `user ${i % 7}`,
      event: name,
      properties: { i },
      timestamp: new Date(START + i * 60_000),
      messageId: `${name} ${i}`,
    },
  ]);

export async function tell(client, end) {
  const sent = [];
  for (const [call, message] of name === "calls" ? calls : tracks()) {
    sent.push(
      new Promise((done, failed) => {
        client[call](message, (error) => (error ? failed(error) : done()));
      }),
    );
    if (sent.length % 50 === 0) await new Promise((done) => setTimeout(done, 20));
  }
  const delivered = Promise.allSettled(sent);
  await end?.();
  const failed = (await delivered).filter((each) => each.status === "rejected");
  if (failed.length) {
    console.error(`${failed.length} calls failed:`, failed[0].reason);
    process.exit(1);
  }
}
