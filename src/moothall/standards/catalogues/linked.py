"""JSON-LD made safe to expand: no context is fetched, for an address in a text is a stranger's.

A context that stands elsewhere is read as ours, which has the names that DCAT, DCAT-AP and DCAT-US
give in theirs.
"""

from collections.abc import Mapping
from typing import Any

_DCAT, _DCT = "http://www.w3.org/ns/dcat#", "http://purl.org/dc/terms/"
_FOAF, _VCARD = "http://xmlns.com/foaf/0.1/", "http://www.w3.org/2006/vcard/ns#"
PREFIXES = {
    "dcat": _DCAT,
    "dct": _DCT,
    "dcterms": _DCT,
    "foaf": _FOAF,
    "vcard": _VCARD,
    "adms": "http://www.w3.org/ns/adms#",
    "dcatap": "http://data.europa.eu/r5r/",
    "geosparql": "http://www.opengis.net/ont/geosparql#",
    "gsp": "http://www.opengis.net/ont/geosparql#",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "locn": "http://www.w3.org/ns/locn#",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "http://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "time": "http://www.w3.org/2006/time#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_NAMES = {
    _DCAT: "Catalog Dataset Distribution DataService accessURL bbox byteSize contactPoint dataset"
    " distribution downloadURL endDate keyword landingPage mediaType startDate theme version",
    _DCT: "accrualPeriodicity conformsTo creator description format identifier issued language"
    " license modified publisher rights spatial temporal title",
    _FOAF: "Agent Organization homepage mbox name page",
    _VCARD: "Kind fn hasEmail hasURL",
}
_ALSO = {
    "Catalogue": f"{_DCAT}Catalog",
    "accessUrl": f"{_DCAT}accessURL",
    "datasetDistribution": f"{_DCAT}distribution",
    "downloadUrl": f"{_DCAT}downloadURL",
    "frequency": f"{_DCT}accrualPeriodicity",
    "geographicalCoverage": f"{_DCT}spatial",
    "temporalCoverage": f"{_DCT}temporal",
    "licence": f"{_DCT}license",
    "modificationDate": f"{_DCT}modified",
    "releaseDate": f"{_DCT}issued",
    "hasVcardEmail": f"{_VCARD}hasEmail",
    "hasEmailContactPage": f"{_VCARD}hasURL",
}
CONTEXT: dict[str, Any] = {
    **PREFIXES,
    **{name: f"{uri}{name}" for uri, names in _NAMES.items() for name in names.split()},
    **_ALSO,
    "id": "@id",
    "type": "@type",
}


def localise(said: Any, elsewhere: set[str]) -> Any:
    """Return JSON-LD whose contexts all stand in it; `elsewhere` is told those that did not.

    Errors:  ValueError if it is nested too deeply.
    """
    try:
        return _localised(said, elsewhere)
    except RecursionError:
        raise ValueError("its JSON is nested too deeply") from None


def _localised(said: Any, elsewhere: set[str]) -> Any:
    if isinstance(said, list):
        return [_localised(one, elsewhere) for one in said]
    if not isinstance(said, Mapping):
        return said
    return {
        key: _context(one, elsewhere) if key == "@context" else _localised(one, elsewhere)
        for key, one in said.items()
        if key != "@import"
    }


def _context(said: Any, elsewhere: set[str]) -> Any:
    if isinstance(said, str):
        elsewhere.add(said[:200])
        return CONTEXT
    if isinstance(said, list):
        return [_context(one, elsewhere) for one in said]
    if isinstance(said, Mapping) and "@import" in said:
        elsewhere.add(str(said["@import"])[:200])
        return [CONTEXT, _localised(said, elsewhere)]
    return _localised(said, elsewhere)
