import type { Capture } from "../page.js";
import { clicked, onClick } from "./clicks.js";

const CLICKS = 3;
const WITHIN = 1000;
const NEAR = 30;

/** `rage_click`: three clicks within a second, each within 30 pixels of the one before; once. */
export const rage: Capture = (page) => {
  let run = 0;
  let last: MouseEvent | undefined;
  let began = 0;
  onClick((click, element) => {
    if (!click.detail) return;
    const near = last && Math.hypot(click.clientX - last.clientX, click.clientY - last.clientY);
    const goesOn = near !== undefined && near <= NEAR && click.timeStamp - began <= WITHIN;
    if (!goesOn) [run, began] = [0, click.timeStamp];
    last = click;
    run += 1;
    if (run === CLICKS) page.tell("rage_click", { ...clicked(page, click, element), clicks: run });
    if (run > CLICKS) began = click.timeStamp;
  });
};
