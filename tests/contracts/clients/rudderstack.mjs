import Analytics from "@rudderstack/rudder-sdk-node";
import { key, tell, url } from "./story.mjs";

// Its three retries end after 1.4 s; a server that is started again needs more.
const client = new Analytics(key, {
  dataPlaneUrl: `${url}/rudderstack`,
  flushAt: 100,
  flushInterval: 50,
  retryCount: 8,
});
await tell(client);
