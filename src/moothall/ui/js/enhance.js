// Starts what a page asks for, and nothing else. Every page works before this arrives.
const addresses = document.querySelector("script[data-govuk]")?.dataset ?? {};

if (document.querySelector('[data-module^="govuk-"]')) {
  document.body.classList.add("js-enabled", "govuk-frontend-supported");
  import(addresses.govuk).then(({ initAll }) => initAll());
}

if (document.querySelector("[data-series]") && "EventSource" in window) {
  import(addresses.live).then(({ follow }) => follow(document));
}

const maps = document.querySelectorAll("[data-map]");
if (maps.length > 0) {
  const seen = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (isIntersecting) {
          seen.unobserve(target);
          import(addresses.map).then(({ draw }) => draw(target, addresses));
        }
      }
    },
    { rootMargin: "120px" },
  );
  maps.forEach((map) => seen.observe(map));
}
