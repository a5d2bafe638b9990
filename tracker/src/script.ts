// What `<script defer src="…/t.js" data-key="eg_write_…">` runs. Events go back to the address
// that the script came from, so that a site that passes on one path passes on everything.
import { attributes } from "./settings.js";
import { begin, type Parts, type Tracker } from "./tracker.js";

declare global {
  interface Window {
    ethogram?: Tracker;
  }
}

const script = document.currentScript;
if (script instanceof HTMLScriptElement && !window.ethogram) {
  const { key = "", to } = script.dataset;
  const own = new URL(script.src);
  const from = own.origin + own.pathname;
  const part = (name: string) => import(`${from}?part=${name}`);
  const parts: Parts = { later: () => part("later"), messages: () => part("messages") };
  if (key) window.ethogram = begin(to ?? from, key, attributes(script.dataset), parts);
  else console.warn("Ethogram: the script's element has no data-key.");
}
