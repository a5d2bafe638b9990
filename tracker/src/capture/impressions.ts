import { around, called, isPrivate, target } from "../element.js";
import type { Capture } from "../page.js";
import { listen, safely } from "../safely.js";

const MARK = "data-eg-impression";
const MARKED = `[${MARK}]`;
const LONG_ENOUGH = 1000;
const SOON = 300;

/**
 * `impression`: half of a marked element was seen for a second, once in a page view.
 *
 * Who clicks on it has seen it, however short that was, so that clicks have their denominator.
 */
export const impressions: Capture = (page) => {
  let told = new WeakSet<Element>();
  let looking = false;
  const timers = new Map<Element, ReturnType<typeof setTimeout>>();

  const tell = (element: Element) => {
    if (told.has(element)) return;
    told.add(element);
    const impression = element.getAttribute(MARK);
    const name = isPrivate(element) ? element.localName : called(element);
    if (impression) page.tell("impression", { impression, element: name });
  };
  const forget = (element: Element) => {
    clearTimeout(timers.get(element));
    timers.delete(element);
  };
  const seen = new IntersectionObserver(
    safely((entries: IntersectionObserverEntry[]) => {
      for (const { target: element, isIntersecting } of entries) {
        forget(element);
        if (isIntersecting && document.visibilityState === "visible")
          timers.set(element, setTimeout(safely(tell), LONG_ENOUGH, element));
      }
    }),
    { threshold: 0.5 },
  );
  /** Observing anew tells anew what is there to see. */
  const look = () => {
    looking = false;
    seen.disconnect();
    for (const element of document.querySelectorAll(MARKED))
      if (!told.has(element)) seen.observe(element);
      else forget(element);
  };
  const lookSoon = () => {
    if (looking) return;
    looking = true;
    setTimeout(safely(look), SOON);
  };
  const added = new MutationObserver((changes) => {
    if (changes.some((change) => change.addedNodes.length)) lookSoon();
  });
  added.observe(document, { childList: true, subtree: true });
  listen(document, ["click"], (event) => {
    const used = target(event);
    const marked = used && around(used, MARKED);
    if (event.isTrusted && marked) tell(marked);
  });
  listen(document, ["visibilitychange"], () => {
    [...timers.keys()].forEach(forget);
    lookSoon();
  });
  page.arriving(() => {
    [...timers.keys()].forEach(forget);
    told = new WeakSet();
    look();
  });
};
