import { called, isPrivate } from "../element.js";
import type { Capture } from "../page.js";
import { listen } from "../safely.js";

const A_LEAP = 2;

/** `video`: the seconds of a video or a sound that were watched since that was last told. */
export const videos: Capture = (page) => {
  const watched = new Map<HTMLMediaElement, { at: number; seconds: number }>();

  const tell = (media: HTMLMediaElement) => {
    const seconds = Math.round((watched.get(media)?.seconds ?? 0) * 10) / 10;
    watched.delete(media);
    if (!seconds) return;
    page.tell("video", {
      element: isPrivate(media) ? media.localName : called(media),
      seconds,
      position: Math.round(media.currentTime * 10) / 10,
      duration: Number.isFinite(media.duration) ? Math.round(media.duration * 10) / 10 : undefined,
      ended: media.ended,
    });
  };
  listen(document, ["play", "timeupdate", "seeked"], ({ target: media }) => {
    if (!(media instanceof HTMLMediaElement)) return;
    const at = media.currentTime;
    const before = watched.get(media) ?? { at, seconds: 0 };
    const step = at - before.at;
    const plays = step > 0 && step < A_LEAP && !media.seeking;
    watched.set(media, { at, seconds: before.seconds + (plays ? step : 0) });
  });
  listen(document, ["pause", "ended"], ({ target: media }) => {
    if (media instanceof HTMLMediaElement) tell(media);
  });
  page.leaving(() => [...watched.keys()].forEach(tell));
};
