/** Ticks "in 3 days" on the page of a town hall. Without it the page says the same, as it was when it was loaded. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The words for this many milliseconds; its phrases are translated on the page. */
function said(left, phrases) {
  if (left <= 0) return phrases.now;
  const [phrase, whole, rest] =
    left >= 2 * DAY
      ? [phrases.days, left / DAY, 0]
      : left >= HOUR
        ? [phrases.hours, left / HOUR, (left % HOUR) / MINUTE]
        : [phrases.minutes, left / MINUTE, (left % MINUTE) / SECOND];
  return phrase.replace("{n}", Math.floor(whole)).replace("{m}", Math.floor(rest));
}

for (const place of document.querySelectorAll("[data-countdown]")) {
  const begins = Date.parse(place.dataset.countdown);
  const tick = () => {
    const left = begins - Date.now();
    const words = said(left, place.dataset);
    if (place.textContent !== words) place.textContent = words;
    if (left > 0) setTimeout(tick, left > 2 * DAY ? MINUTE : SECOND);
  };
  tick();
}
