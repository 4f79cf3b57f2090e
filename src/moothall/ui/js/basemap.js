// What lies under the city's outlines: nothing, a style somebody serves, or one PMTiles file.
// A file brings no style of its own, so the house draws it, in its own quiet colours.
const WATER = /water|ocean|sea|river/i;
const GREEN = /park|wood|green|land_?use|land_?cover|natural/i;
const BUILT = /building/i;
const WAYS = /road|transport|street|highway|rail|transit/i;

export function isFile(address) {
  return /\.pmtiles(\?|$)/.test(address ?? "");
}

// Fetch what reads such files, once; it is a plain script that says its name to the page.
function reader(address) {
  return new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", () => done(globalThis.pmtiles));
    script.addEventListener("error", failed);
    document.head.append(script);
  });
}

export async function styleOf(address, { maplibre, pmtilesAt, colour, plain }) {
  const { PMTiles, Protocol } = await reader(pmtilesAt);
  const whole = new URL(address, location.href).href;
  const file = new PMTiles(whole);
  const protocol = new Protocol();
  protocol.add(file);
  maplibre.addProtocol("pmtiles", protocol.tile);
  const [header, about] = await Promise.all([file.getHeader(), file.getMetadata()]);
  const vector = header.tileType === 1;
  plain.sources.ground = {
    type: vector ? "vector" : "raster",
    url: `pmtiles://${whole}`,
    ...(about?.attribution ? { attribution: about.attribution } : {}),
  };
  plain.layers.push(...(vector ? drawn(about?.vector_layers ?? [], colour) : [picture()]));
  return plain;
}

function picture() {
  return { id: "basemap", type: "raster", source: "ground", paint: { "raster-saturation": -0.6 } };
}

function drawn(layers, colour) {
  const named = (kind) => layers.map(({ id }) => id).filter((id) => kind.test(id));
  const fill = (id, paint) => ({
    id: `basemap-${id}`,
    type: "fill",
    source: "ground",
    "source-layer": id,
    filter: ["==", ["geometry-type"], "Polygon"],
    paint,
  });
  const line = (id, paint) => ({
    id: `basemap-${id}-lines`,
    type: "line",
    source: "ground",
    "source-layer": id,
    filter: ["==", ["geometry-type"], "LineString"],
    paint,
  });
  const water = colour("--map-water", "#c3d9e8");
  return [
    ...named(GREEN).map((id) => fill(id, { "fill-color": colour("--map-green", "#dfe9dc") })),
    ...named(WATER).map((id) => fill(id, { "fill-color": water })),
    ...named(WATER).map((id) => line(id, { "line-color": water, "line-width": 2 })),
    ...named(BUILT).map((id) => fill(id, { "fill-color": colour("--line", "#d3d7dc") })),
    ...named(WAYS).map((id) =>
      line(id, {
        "line-color": colour("--map-way", "#ffffff"),
        "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 9, 0.6, 14, 3.5],
      }),
    ),
  ];
}
