import { Analytics } from "@segment/analytics-node";
import { key, tell, url } from "./story.mjs";

const client = new Analytics({
  writeKey: key,
  host: url,
  path: "/segment/v1/batch",
  flushAt: 50,
  flushInterval: 50,
  maxRetries: 20,
});
await tell(client, () => client.closeAndFlush());
