/** What can be shown in a page: text only. */
export interface Message {
  /** What it is called in events. */
  name: string;
  kind: "banner" | "popup";
  title: string;
  text: string;
  link?: { text: string; href: string };
  /** The words of the button that dismisses it. */
  dismiss?: string;
  /** `exit`: once the pointer leaves the page by its top, as on the way to close it. */
  when?: "now" | "exit";
}

/** What became of a message. */
export type Action = "shown" | "clicked" | "dismissed";

/** Show `message`; `told` hears what becomes of it. */
export function show(message: Message, told: (action: Action) => void): void {
  if (message.when !== "exit") {
    put(message, told);
    return;
  }
  const leaving = (event: MouseEvent) => {
    if (event.clientY > 0 || event.relatedTarget) return;
    document.removeEventListener("mouseout", leaving);
    put(message, told);
  };
  document.addEventListener("mouseout", leaving);
}

type Style = Record<string, string>;

const FRAME: Style = {
  boxSizing: "border-box",
  font: "16px/1.5 system-ui, sans-serif",
  color: "#1a1a1a",
  background: "#fff",
  border: "1px solid #767676",
  padding: "16px 24px",
};
const POPUP: Style = { maxWidth: "min(480px, 90vw)", borderRadius: "8px" };
const BANNER: Style = {
  position: "fixed",
  inset: "auto 0 0 0",
  zIndex: "2147483647",
};
const BUTTON: Style = {
  font: "inherit",
  minHeight: "44px",
  padding: "0 16px",
};

/** In a shadow, so that the page's style and the message's leave each other alone. */
function put(message: Message, told: (action: Action) => void): void {
  const host = document.createElement("div");
  const popup = message.kind === "popup";
  const frame = element(popup ? "dialog" : "aside", "", { ...FRAME, ...(popup ? POPUP : BANNER) });
  frame.setAttribute("aria-label", message.title);
  if (!popup) frame.setAttribute("aria-live", "polite");
  const close = (action: Action) => {
    if (!host.isConnected) return;
    host.remove();
    told(action);
  };
  const dismiss = element("button", message.dismiss ?? "Close", BUTTON);
  dismiss.addEventListener("click", () => close("dismissed"));
  frame.append(
    element("strong", message.title),
    element("p", message.text, { margin: "8px 0" }),
    ...(message.link ? [link(message.link, () => close("clicked"))] : []),
    dismiss,
  );
  host.attachShadow({ mode: "open" }).append(frame);
  document.body.append(host);
  if (frame instanceof HTMLDialogElement) {
    frame.addEventListener("cancel", () => close("dismissed"));
    frame.showModal();
  }
  told("shown");
}

function link({ text, href }: { text: string; href: string }, followed: () => void): HTMLElement {
  const made = element("a", text, { marginRight: "16px", color: "#0645ad" });
  const url = new URL(href, location.href);
  if (/^https?:$/.test(url.protocol)) made.setAttribute("href", url.href);
  made.addEventListener("click", followed);
  return made;
}

function element(tag: string, text: string, style: Style = {}): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  Object.assign(made.style, style);
  return made;
}
