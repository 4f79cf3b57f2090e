// Draws the city's map when it is scrolled into view: its outlines, then what the services put
// on it. It needs no tile server and no glyph server; a basemap is a setting.
const EMPTY = { type: "FeatureCollection", features: [] };

function colour(name, otherwise) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim() || otherwise;
}

async function fetched(address) {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/geo+json" } });
    return answer.ok ? await answer.json() : EMPTY;
  } catch {
    return EMPTY;
  }
}

function plainStyle() {
  return {
    version: 8,
    sources: {},
    layers: [
      { id: "ground", type: "background", paint: { "background-color": colour("--surface-quiet", "#eef0ee") } },
    ],
  };
}

// Each state has a shape as well as a colour.
const SHAPES = {
  good: (pen, s) => pen.arc(s / 2, s / 2, s * 0.36, 0, 7),
  watch: (pen, s) => {
    pen.moveTo(s / 2, s * 0.1);
    pen.lineTo(s * 0.93, s * 0.88);
    pen.lineTo(s * 0.07, s * 0.88);
    pen.closePath();
  },
  bad: (pen, s) => pen.rect(s * 0.14, s * 0.14, s * 0.72, s * 0.72),
  unknown: (pen, s) => {
    pen.arc(s / 2, s / 2, s * 0.38, 0, 7);
    pen.moveTo(s * 0.7, s / 2);
    pen.arc(s / 2, s / 2, s * 0.2, 0, 7, true);
  },
  neutral: (pen, s) => pen.arc(s / 2, s / 2, s * 0.3, 0, 7),
};

function sign(state) {
  const size = 36;
  const canvas = new OffscreenCanvas(size, size);
  const pen = canvas.getContext("2d");
  pen.beginPath();
  SHAPES[state](pen, size);
  pen.fillStyle = state === "neutral" ? colour("--govuk-link-colour", "#1b4f8f") : colour(`--${state}`, "#444");
  pen.strokeStyle = colour("--surface", "#fff");
  pen.lineWidth = 2.5;
  pen.fill("evenodd");
  pen.stroke();
  return pen.getImageData(0, 0, size, size);
}

// A name drawn as a picture, so that no server of letters is needed.
function nameplate(words) {
  const size = 26;
  const face = `${size}px ${getComputedStyle(document.body).fontFamily}`;
  const canvas = new OffscreenCanvas(8, 8);
  let pen = canvas.getContext("2d");
  pen.font = face;
  canvas.width = Math.ceil(pen.measureText(words).width) + 12;
  canvas.height = size + 14;
  pen = canvas.getContext("2d");
  pen.font = face;
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  pen.strokeStyle = colour("--surface", "#fff");
  pen.lineWidth = 6;
  pen.strokeText(words, 6, canvas.height / 2);
  pen.fillStyle = colour("--ink-quiet", "#4a5261");
  pen.fillText(words, 6, canvas.height / 2);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

// The middle of the largest ring of an outline: near enough to say whose it is.
function middleOf({ type, coordinates }) {
  const rings = type === "MultiPolygon" ? coordinates.map(([outer]) => outer) : [coordinates[0]];
  const ring = rings.reduce((most, next) => (next.length > most.length ? next : most));
  let [twice, x, y] = [0, 0, 0];
  for (let i = 0; i + 1 < ring.length; i += 1) {
    const cross = ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1];
    twice += cross;
    x += (ring[i][0] + ring[i + 1][0]) * cross;
    y += (ring[i][1] + ring[i + 1][1]) * cross;
  }
  return twice ? [x / (3 * twice), y / (3 * twice)] : ring[0];
}

function nameWards(map, outline) {
  const named = outline.features.filter(({ properties }) => properties.name);
  named.forEach(({ properties }) => {
    if (!map.hasImage(`name-${properties.name}`)) {
      map.addImage(`name-${properties.name}`, nameplate(properties.name), { pixelRatio: 2 });
    }
  });
  const places = named.map(({ geometry, properties }) => ({
    type: "Feature",
    geometry: { type: "Point", coordinates: middleOf(geometry) },
    properties: { image: `name-${properties.name}` },
  }));
  map.addSource("names", { type: "geojson", data: { type: "FeatureCollection", features: places } });
  map.addLayer({
    id: "names",
    type: "symbol",
    source: "names",
    layout: { "icon-image": ["get", "image"], "icon-padding": 6 },
  });
}

function boundsOf(outline) {
  let [west, south, east, north] = [180, 90, -180, -90];
  const visit = (part) => {
    if (typeof part[0] === "number") {
      west = Math.min(west, part[0]);
      east = Math.max(east, part[0]);
      south = Math.min(south, part[1]);
      north = Math.max(north, part[1]);
    } else {
      part.forEach(visit);
    }
  };
  outline.features.forEach(({ geometry }) => visit(geometry.coordinates));
  return east > west ? [west, south, east, north] : null;
}

function describe({ properties }) {
  const box = document.createElement("div");
  const name = document.createElement(properties.url ? "a" : "strong");
  name.textContent = properties.title ?? "";
  if (properties.url) {
    name.href = properties.url;
  }
  const words = document.createElement("p");
  words.textContent = properties.words ?? "";
  box.append(name, words);
  return box;
}

// A basemap that cannot be had leaves the outlines, which are enough.
async function groundOf(address, maplibre, addresses) {
  try {
    const { isFile, styleOf } = await import(addresses.basemap);
    if (isFile(address)) {
      return await styleOf(address, { maplibre, pmtilesAt: addresses.pmtiles, colour, plain: plainStyle() });
    }
  } catch {
    return plainStyle();
  }
  return address || plainStyle();
}

// Draws a whole collection from its vector tiles, however many features it has.
function layTiles(map, { tiles, layer, item }, maplibre) {
  const ink = colour("--govuk-link-colour", "#1b4f8f");
  const drawn = { source: "tiles", "source-layer": layer };
  const only = (kind) => ["==", ["geometry-type"], kind];
  map.addSource("tiles", { type: "vector", tiles: [`${location.origin}${tiles}`], maxzoom: 18 });
  map.addLayer({
    id: "areas",
    type: "fill",
    ...drawn,
    filter: only("Polygon"),
    paint: { "fill-color": ink, "fill-opacity": 0.15 },
  });
  map.addLayer({
    id: "edges",
    type: "line",
    ...drawn,
    filter: ["!", only("Point")],
    paint: { "line-color": ink, "line-width": 1.5 },
  });
  map.addLayer({
    id: "dots",
    type: "circle",
    ...drawn,
    filter: only("Point"),
    paint: { "circle-color": ink, "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, 2, 15, 6] },
  });
  map.on("click", ({ point, lngLat }) => {
    const [found] = map.queryRenderedFeatures(point, { layers: ["areas", "edges", "dots"] });
    if (found) {
      const { id, name, thing } = found.properties;
      const properties = { title: name ?? thing ?? id, url: `${item}${encodeURIComponent(id)}?f=html` };
      new maplibre.Popup({ maxWidth: "18rem" }).setLngLat(lngLat).setDOMContent(describe({ properties })).addTo(map);
    }
  });
}

export async function draw(place, addresses) {
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet";
  sheet.href = addresses.mapCss;
  document.head.append(sheet);
  const [maplibre, outline] = await Promise.all([
    import(addresses.maplibre),
    fetched(place.dataset.outline),
  ]);
  maplibre.setWorkerUrl(new URL(addresses.worker, location.href).href);
  const drawn = document.createElement("div");
  drawn.className = "map__drawn";
  place.append(drawn);
  const bounds = boundsOf(outline);
  const map = new maplibre.Map({
    container: drawn,
    style: await groundOf(place.dataset.style, maplibre, addresses),
    bounds: bounds ?? undefined,
    fitBoundsOptions: { padding: 24 },
    attributionControl: { compact: true },
    cooperativeGestures: true,
    dragRotate: false,
    pitchWithRotate: false,
    fadeDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200,
  });
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  await map.once("load");
  map.addSource("outline", { type: "geojson", data: outline });
  map.addLayer({
    id: "wards",
    type: "fill",
    source: "outline",
    paint: { "fill-color": colour("--surface", "#fff"), "fill-opacity": place.dataset.style ? 0 : 0.9 },
  });
  map.addLayer({
    id: "ward-lines",
    type: "line",
    source: "outline",
    paint: {
      "line-color": colour("--line-strong", "#7b8494"),
      "line-width": 1,
      ...(outline.features.some(({ properties }) => properties.approximate)
        ? { "line-dasharray": [4, 3] }
        : {}),
    },
  });
  nameWards(map, outline);
  if (place.dataset.tiles) {
    layTiles(map, place.dataset, maplibre);
    place.classList.add("map--ready");
    return map;
  }
  for (const state of Object.keys(SHAPES)) {
    map.addImage(`state-${state}`, sign(state), { pixelRatio: 2 });
  }
  map.addSource("features", { type: "geojson", data: await fetched(place.dataset.features) });
  map.addLayer({
    id: "features",
    type: "symbol",
    source: "features",
    filter: ["==", ["geometry-type"], "Point"],
    layout: {
      "icon-image": ["concat", "state-", ["coalesce", ["get", "state"], "neutral"]],
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
      "icon-size": ["interpolate", ["linear"], ["zoom"], 9, 0.65, 13, 1.1],
      "symbol-sort-key": ["match", ["get", "state"], "bad", 3, "watch", 2, "good", 1, 0],
    },
  });
  place.classList.add("map--ready");
  map.on("click", "features", ({ features, lngLat }) => {
    new maplibre.Popup({ maxWidth: "18rem" }).setLngLat(lngLat).setDOMContent(describe(features[0])).addTo(map);
  });
  map.on("mouseenter", "features", () => {
    map.getCanvas().style.cursor = "pointer";
  });
  map.on("mouseleave", "features", () => {
    map.getCanvas().style.cursor = "";
  });
  setInterval(async () => {
    if (!document.hidden) {
      map.getSource("features").setData(await fetched(place.dataset.features));
    }
  }, 30000);
  return map;
}
