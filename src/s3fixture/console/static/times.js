// The time of the person who looks, beside UTC.

const away = new Date().getTimezoneOffset() !== 0;
const two = (number) => String(number).padStart(2, "0");

/** Such as "00:45" for the time here, with the date where that is another; "" where UTC is the time here. */
export function localTime(when) {
  if (!away) return "";
  const clock = `${two(when.getHours())}:${two(when.getMinutes())}`;
  const sameDay = when.getDate() === when.getUTCDate();
  return sameDay ? clock : `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())} ${clock}`;
}

/** Behind each time of the page that has none yet; the style sheet shows it. */
export function showLocalTimes() {
  for (const time of document.querySelectorAll("time[datetime]:not([data-local])")) {
    time.dataset.local = localTime(new Date(time.getAttribute("datetime")));
  }
}
