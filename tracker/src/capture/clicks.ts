import { described, isPrivate, target } from "../element.js";
import type { Properties } from "../event.js";
import type { Capture, Page } from "../page.js";
import { listen } from "../safely.js";
import { sizes } from "./sizes.js";

/** `click`: what was clicked, and where. */
export const clicks: Capture = (page) => {
  onClick((click, element) => page.tell("click", clicked(page, click, element)));
};

/** Every click of a person; what scripts click is none. */
export function onClick(heard: (click: MouseEvent, element: Element) => void): void {
  listen(document, ["click"], (click) => {
    const element = target(click);
    if (click.isTrusted && element) heard(click, element);
  });
}

/** A click's element and place. A keyboard's click has no place, and on what is private none is told. */
export function clicked(page: Page, click: MouseEvent, element: Element): Properties {
  const said = described(element, page.settings.text);
  if (!click.detail || isPrivate(element)) return said;
  return {
    ...said,
    x: Math.round(click.pageX),
    y: Math.round(click.pageY),
    viewport_x: Math.round(click.clientX),
    viewport_y: Math.round(click.clientY),
    ...sizes(),
  };
}
