import type { Properties } from "./event.js";
import { address } from "./place.js";

const NAMED = "[data-eg-name]";
const PRIVATE =
  "[data-eg-private],[type=password],[autocomplete*=cc-],[autocomplete*=-password],[autocomplete=one-time-code]";
const ACTIVE = `a,button,summary,input,select,textarea,label,[role=button],[role=link],[role=tab],[role=menuitem],${NAMED}`;
const FIELDS = "input,textarea,select,[contenteditable]";
const LONGEST = 100;

/** The element that an event happened to, also inside a component's shadow. */
export function target(event: globalThis.Event): Element | null {
  const [first] = event.composedPath();
  return first instanceof Element ? first : null;
}

/** The nearest element around `element`, itself included, that `selector` means. */
export function around(element: Element, selector: string): Element | null {
  for (let at: Element | null = element; at;) {
    const found = at.closest(selector);
    if (found) return found;
    const root = at.getRootNode();
    at = root instanceof ShadowRoot ? root.host : null;
  }
  return null;
}

/** Whether nothing may be said of `element` but its tag. */
export function isPrivate(element: Element): boolean {
  return around(element, PRIVATE) !== null;
}

/** What `element` is called: by the page, by its id, else by its tag and three classes. */
export function called(element: Element): string {
  const name = element.getAttribute("data-eg-name");
  if (name) return short(name);
  const id = identity(element);
  const classes = [...element.classList].slice(0, 3).map((each) => `.${each}`);
  return short(element.localName + (id && `#${id}`) + classes.join(""));
}

/** The id as it is written: a field called "id" hides that of its form. */
function identity(element: Element): string {
  return element.getAttribute("id") ?? "";
}

/** What is said of an element that somebody used; its text only where `text` says so. */
export function described(used: Element, text: boolean): Properties {
  const element = around(used, ACTIVE) ?? used;
  const tag = element.localName;
  if (isPrivate(used) || isPrivate(element)) return { element: tag, tag };
  const href = element.getAttribute("href");
  return {
    element: called(element),
    tag,
    id: identity(element) || undefined,
    classes: element.classList.length ? [...element.classList].slice(0, 3) : undefined,
    name: element.getAttribute("data-eg-name") ?? undefined,
    href: href === null ? undefined : address(href),
    impression:
      around(element, "[data-eg-impression]")?.getAttribute("data-eg-impression") ?? undefined,
    text: text ? read(element) : undefined,
  };
}

/** The text of what is no field and holds none. */
function read(element: Element): string | undefined {
  if (around(element, FIELDS) ?? element.querySelector(`${PRIVATE},${FIELDS}`)) return undefined;
  return short(element.textContent.trim()) || undefined;
}

/** The beginning of `said`, of whole characters. */
function short(said: string): string {
  return said.slice(0, LONGEST).replace(/\p{Cs}$/u, "");
}
