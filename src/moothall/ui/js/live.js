// Keeps values up to date in place. The page is whole without it: it only spares a reload.
//
// Every value marked data-series is followed through one stream. When a newer value comes, the
// number, the words and the age change where they stand; nothing moves, and nothing is read out
// unless the person has asked for it.
const MOST = 400;
const AGAIN = 15000;

export function follow(page) {
  const shown = new Map();
  for (const place of page.querySelectorAll("[data-series]")) {
    const key = place.dataset.series;
    shown.set(key, [...(shown.get(key) ?? []), place]);
  }
  const keys = [...shown.keys()].slice(0, MOST);
  const query = `series=${keys.map(encodeURIComponent).join(",")}`;
  const stream = new EventSource(`/live/events?${query}`);
  const show = (said) => {
    const places = shown.get(said?.series) ?? [];
    if (places.map((place) => change(place, said)).some(Boolean)) {
      reread(page);
    }
  };
  stream.addEventListener("observation", ({ data }) => show(read(data)));
  // The stream has lost its thread: ask once for what is newest.
  stream.addEventListener("resync", async () => {
    const answer = await fetch(`/live/latest?${query}`).catch(() => null);
    if (answer?.ok) {
      ((await answer.json()).latest ?? []).forEach(show);
    }
  });
  // A stream nobody can open (no live process, a proxy in the way) is given up, quietly.
  let failed = 0;
  stream.addEventListener("error", () => {
    failed += 1;
    if (failed > 5) {
      stream.close();
    }
  });
  stream.addEventListener("open", () => {
    failed = 0;
  });
  addEventListener("pagehide", () => stream.close());
  setInterval(() => grow(page), 60000);
  return stream;
}

// What a new value means is for the server to say: the page is read again, some seconds later and
// not by everybody at once, and the words of each fact take the place of the old ones.
let rereading = false;

function reread(page) {
  if (rereading || document.hidden) {
    return;
  }
  rereading = true;
  setTimeout(async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (answer?.ok) {
      const newer = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const item of newer.querySelectorAll("[data-fact]")) {
        const words = item.querySelector(".state");
        const old = page.querySelector(`[data-fact="${CSS.escape(item.dataset.fact)}"] .state`);
        if (words && old && old.outerHTML !== words.outerHTML) {
          old.replaceWith(document.importNode(words, true));
        }
      }
    }
    rereading = false;
  }, AGAIN * (0.3 + Math.random() * 0.7));
}

function read(data) {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}

// Say whether anything changed.
function change(place, { value, text: category, at }) {
  const item = place.closest("[data-fact]");
  const said = value ?? category;
  if (said === undefined || said === null) {
    return false;
  }
  const time = item?.querySelector("time");
  if (time && at && new Date(at) < new Date(time.dateTime)) {
    return false;
  }
  const text = write(said, place.textContent);
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
  if (news && item) {
    item.classList.remove("changed");
    requestAnimationFrame(() => item.classList.add("changed"));
  }
  return news;
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
