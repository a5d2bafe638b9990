import { around, called, isPrivate, target } from "../element.js";
import type { Capture } from "../page.js";
import { listen, safely } from "../safely.js";

const MARK = "data-eg-impression";
const MARKED = `[${MARK}]`;
const HALF = 0.5;
const LONG_ENOUGH = 1000;
const SOON = 300;

/**
 * `impression`: half of a marked element was seen for a second, once in a page view.
 *
 * Who clicks on it has seen it, however short that was, so that clicks have their denominator.
 */
export const impressions: Capture = (page) => {
  let told = new WeakSet<Element>();
  let watched = new WeakSet<Element>();
  let looking = false;
  const timers = new Map<Element, ReturnType<typeof setTimeout>>();

  const tell = (element: Element) => {
    if (told.has(element)) return;
    told.add(element);
    const impression = element.getAttribute(MARK);
    const name = isPrivate(element) ? element.localName : called(element);
    if (impression) page.tell("impression", { impression, element: name });
  };
  const seen = new IntersectionObserver(
    safely((entries: IntersectionObserverEntry[]) => {
      for (const { target: element, intersectionRatio } of entries) {
        clearTimeout(timers.get(element));
        timers.delete(element);
        if (intersectionRatio >= HALF && document.visibilityState === "visible")
          timers.set(element, setTimeout(safely(tell), LONG_ENOUGH, element));
      }
    }),
    { threshold: HALF },
  );
  const look = () => {
    looking = false;
    for (const element of document.querySelectorAll(MARKED))
      if (!watched.has(element)) {
        watched.add(element);
        seen.observe(element);
      }
  };
  const lookSoon = () => {
    if (looking) return;
    looking = true;
    setTimeout(safely(look), SOON);
  };
  /** What is observed anew is told of anew, if it can be seen. */
  const lookAnew = () => {
    for (const timer of timers.values()) clearTimeout(timer);
    timers.clear();
    seen.disconnect();
    watched = new WeakSet();
    look();
  };
  new MutationObserver(lookSoon).observe(document, { childList: true, subtree: true });
  listen(document, ["click"], (event) => {
    const used = target(event);
    const marked = used && around(used, MARKED);
    if (event.isTrusted && marked) tell(marked);
  });
  listen(document, ["visibilitychange"], lookAnew);
  page.arriving(() => {
    told = new WeakSet();
    lookAnew();
  });
};
