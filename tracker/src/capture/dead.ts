import { around } from "../element.js";
import type { Capture } from "../page.js";
import { listen, safely } from "../safely.js";
import { clicked, onClick } from "./clicks.js";

const WAITS = 2000;
const PROMISES = "a[href],button,summary,[role=button],[role=link],[onclick],input[type=submit]";
const LEADS_AWAY = "a[target],a[download]";
const REACTIONS = [
  "scroll",
  "input",
  "change",
  "focusin",
  "selectionchange",
  "play",
  "submit",
  "visibilitychange",
] as const;

/** `dead_click`: what looks as if it did something was clicked, and for two seconds nothing happened. */
export const dead: Capture = (page) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let tell: (() => void) | undefined;
  const lives = () => {
    clearTimeout(timer);
    tell = undefined;
    changes.disconnect();
  };
  const changes = new MutationObserver(safely(lives));
  page.leaving(lives);
  listen(document, REACTIONS, lives);
  onClick((click, element) => {
    if (!promises(element)) return;
    const said = clicked(page, click, element);
    lives();
    tell = () => {
      if (!navigates(click, element)) page.tell("dead_click", said);
    };
    changes.observe(document, {
      subtree: true,
      childList: true,
      attributes: true,
      characterData: true,
    });
    timer = setTimeout(
      safely(() => {
        tell?.();
        lives();
      }),
      WAITS,
    );
  });
};

function promises(element: Element): boolean {
  if (around(element, LEADS_AWAY)) return false;
  return around(element, PROMISES) !== null || getComputedStyle(element).cursor === "pointer";
}

/** Whether a link is being followed, to a page that is slow to come. */
function navigates(click: MouseEvent, element: Element): boolean {
  const link = around(element, "a[href]");
  if (!(link instanceof HTMLAnchorElement) || click.defaultPrevented) return false;
  return link.pathname !== location.pathname || link.search !== location.search;
}
