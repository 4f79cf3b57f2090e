// Keeps values up to date in place. The page is whole without it: it only spares a reload.
//
// Every value marked data-series is followed through one stream. When a newer value comes, the
// number, the words and the age change where they stand; nothing moves, and nothing is read out
// unless the person has asked for it.
const WAIT = 4000;
const MOST = 400;

export function follow(page) {
  const shown = new Map();
  for (const place of page.querySelectorAll("[data-series]")) {
    const key = place.dataset.series;
    shown.set(key, [...(shown.get(key) ?? []), place]);
  }
  const keys = [...shown.keys()].slice(0, MOST);
  if (keys.length === 0) {
    return null;
  }
  const stream = new EventSource(`/live/events?topics=${keys.map(encodeURIComponent).join(",")}`);
  stream.addEventListener("observation", ({ data }) => {
    const said = read(data);
    for (const place of shown.get(said?.series) ?? []) {
      change(place, said);
    }
  });
  // A stream nobody can open (no live process, a proxy in the way) is given up, quietly.
  let failed = 0;
  stream.addEventListener("error", () => {
    failed += 1;
    if (failed > 5 && stream.readyState !== EventSource.OPEN) {
      stream.close();
    }
  });
  stream.addEventListener("open", () => {
    failed = 0;
  });
  addEventListener("pagehide", () => stream.close());
  setInterval(() => grow(page), WAIT * 15);
  return stream;
}

function read(data) {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}

function change(place, { value, at, words }) {
  const item = place.closest("[data-fact]");
  const time = item?.querySelector("time");
  if (time && at && new Date(at) < new Date(time.dateTime)) {
    return;
  }
  const text = write(value, place.textContent);
  const news = text !== place.textContent.trim();
  place.textContent = text;
  if (time && at) {
    time.dateTime = at;
    time.title = new Intl.DateTimeFormat(document.documentElement.lang, {
      dateStyle: "long",
      timeStyle: "short",
    }).format(new Date(at));
    time.textContent = age(at);
  }
  const meaning = item?.querySelector("[data-words]");
  if (words && meaning) {
    meaning.textContent = words;
  }
  if (news && item) {
    item.classList.remove("changed");
    requestAnimationFrame(() => item.classList.add("changed"));
  }
}

// A number is written with as many decimals as the page wrote before it.
function write(value, before) {
  if (typeof value !== "number") {
    return String(value);
  }
  const decimals = before.trim().match(/\.(\d+)$/)?.[1].length ?? 0;
  return value.toLocaleString("en-GB", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
}

function age(at) {
  const minutes = Math.round((Date.now() - new Date(at)) / 60000);
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
  if (Math.abs(minutes) < 60) {
    return words.format(-minutes, "minute");
  }
  return words.format(-Math.round(minutes / 60), "hour");
}

// Ages grow while the page is open, so that an old value never looks new.
function grow(page) {
  for (const time of page.querySelectorAll("[data-fact] time")) {
    if (Date.now() - new Date(time.dateTime) < 48 * 3600 * 1000) {
      time.textContent = age(time.dateTime);
    }
  }
}
