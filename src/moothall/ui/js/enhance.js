// Starts what a page asks for, and nothing else. Every page works before this arrives.
const addresses = document.querySelector("script[data-govuk]")?.dataset ?? {};

if (document.querySelector('[data-module^="govuk-"]')) {
  document.body.classList.add("js-enabled", "govuk-frontend-supported");
  import(addresses.govuk).then(({ initAll }) => initAll());
}

if (document.querySelector("[data-series]") && "EventSource" in window) {
  import(addresses.live).then(({ follow }) => follow(document));
}

// A table that folds into blocks on a narrow screen is still a table: some browsers forget it
// once its parts are no longer laid out as one.
const ROLES = {
  table: "table",
  "thead, tbody": "rowgroup",
  tr: "row",
  "th[scope=col]": "columnheader",
  "th[scope=row]": "rowheader",
  td: "cell",
};
for (const table of document.querySelectorAll("table.folds")) {
  table.setAttribute("role", "table");
  for (const [parts, role] of Object.entries(ROLES)) {
    table.querySelectorAll(parts).forEach((part) => part.setAttribute("role", role));
  }
}

// A table wider than the screen scrolls in its own frame: whoever has a keyboard can reach it.
for (const frame of document.querySelectorAll(".table-scroll")) {
  const name = frame.querySelector("caption")?.textContent.trim();
  if (frame.scrollWidth > frame.clientWidth && name && !frame.hasAttribute("tabindex")) {
    frame.tabIndex = 0;
    frame.setAttribute("role", "region");
    frame.setAttribute("aria-label", name);
  }
}

// Where a browser cannot show what a closed list holds, the menu of a wide screen is opened.
const more = document.querySelector(".menu__more");
if (more && !CSS.supports("selector(::details-content)") && matchMedia("(min-width: 60rem)").matches) {
  more.open = true;
}

// A map is half a megabyte and a second of a small processor: it waits until it is in view and the
// page is at rest. On a small screen, or where data is spared, it waits to be asked for.
const maps = document.querySelectorAll(".map[data-map]");
const start = (place) => import(addresses.map).then(({ draw }) => draw(place, addresses));
const rest = globalThis.requestIdleCallback ?? ((then) => setTimeout(then, 200));

function ask(place) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "govuk-button map__ask";
  button.textContent = place.dataset.ask;
  button.addEventListener("click", () => {
    place.tabIndex = -1;
    place.focus();
    button.remove();
    start(place);
  });
  place.append(button);
}

if (maps.length > 0 && (matchMedia("(max-width: 40rem)").matches || navigator.connection?.saveData)) {
  maps.forEach(ask);
} else if (maps.length > 0) {
  const seen = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (isIntersecting) {
          seen.unobserve(target);
          rest(() => start(target), { timeout: 2000 });
        }
      }
    },
    { rootMargin: "120px" },
  );
  const watch = () => maps.forEach((place) => seen.observe(place));
  if (document.readyState === "complete") {
    watch();
  } else {
    addEventListener("load", watch);
  }
}
