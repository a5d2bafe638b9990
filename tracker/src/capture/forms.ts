import { called, isPrivate, target } from "../element.js";
import type { Capture } from "../page.js";
import { address } from "../place.js";
import { listen } from "../safely.js";

/** `form`: a form was sent; the names of its fields, never what stands in them. */
export const forms: Capture = (page) => {
  listen(document, ["submit"], (event) => {
    const form = target(event);
    if (!(form instanceof HTMLFormElement)) return;
    if (isPrivate(form)) {
      page.tell("form", { element: "form" });
      return;
    }
    const open = [...form.elements].filter((field) => !isPrivate(field));
    const names = open.map((field) => field.getAttribute("name")).filter(Boolean);
    page.tell("form", {
      element: called(form),
      name: form.getAttribute("name") ?? undefined,
      action: address(form.getAttribute("action") ?? ""),
      fields: [...new Set(names)].slice(0, 50),
    });
  });
};
