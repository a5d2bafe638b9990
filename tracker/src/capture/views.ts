import type { Capture } from "../page.js";
import { address } from "../place.js";
import { safely } from "../safely.js";
import { sizes } from "./sizes.js";

const TITLE_TAKES = 100;

/** `page`: a page was seen. An application's page gets its title a moment after its address. */
export const views: Capture = (page) => {
  let before = address(document.referrer);
  let waiting: (() => void) | undefined;
  const tell = safely(() => {
    waiting?.();
    waiting = undefined;
  });
  page.leaving(tell);
  page.arriving(() => {
    const at = Date.now();
    const { pathname: path } = location;
    const url = address(location.href, page.settings.query);
    const referrer = before;
    before = url;
    waiting = () =>
      page.tell("page", { url, path, title: document.title, referrer, ...screenful() }, at);
    setTimeout(tell, TITLE_TAKES);
  });
};

function screenful() {
  const { width, height } = screen;
  return {
    ...sizes(),
    screen_width: width,
    screen_height: height,
    language: navigator.language,
  };
}
