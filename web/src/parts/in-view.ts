// Whether an element is on screen, or as near to it as `margin` says: what nobody sees asks the engine
// for nothing.
// SPDX-License-Identifier: MIT

/** Tells of every change; returns what ends it, as `onMount` wants it. */
export function inView(
  element: Element,
  tell: (visible: boolean) => void,
  margin = '0px',
): () => void {
  // A busy page hears of several changes at once: the last is how it is.
  const seen = new IntersectionObserver(
    (entries) => tell(entries.at(-1)?.isIntersecting === true),
    { rootMargin: margin },
  )
  seen.observe(element)
  return () => seen.disconnect()
}
