/** How large the page is, and the part of it that can be seen; in CSS pixels. */
export function sizes() {
  const { scrollWidth, scrollHeight, clientWidth, clientHeight } = document.documentElement;
  return {
    page_width: Math.max(scrollWidth, clientWidth),
    page_height: Math.max(scrollHeight, clientHeight),
    viewport_width: innerWidth,
    viewport_height: innerHeight,
  };
}
