"""The licences open data is published under, by their SPDX names, and where each can be read.

Source:   https://spdx.org/licenses/
"""

import re

LICENCES = {
    "CC-BY-2.5": "https://creativecommons.org/licenses/by/2.5/",
    "CC-BY-3.0": "https://creativecommons.org/licenses/by/3.0/",
    "CC-BY-3.0-AT": "https://creativecommons.org/licenses/by/3.0/at/",
    "CC-BY-3.0-DE": "https://creativecommons.org/licenses/by/3.0/de/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-3.0": "https://creativecommons.org/licenses/by-sa/3.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CDLA-Permissive-2.0": "https://cdla.dev/permissive-2-0/",
    "DL-DE-BY-2.0": "https://www.govdata.de/dl-de/by-2-0",
    "DL-DE-ZERO-2.0": "https://www.govdata.de/dl-de/zero-2-0",
    "DbCL-1.0": "https://opendatacommons.org/licenses/dbcl/1-0/",
    "IODL-2.0": "https://www.dati.gov.it/content/italian-open-data-license-v20",
    "MIT": "https://opensource.org/license/mit",
    "NLOD-2.0": "https://data.norge.no/nlod/en/2.0",
    "ODC-By-1.0": "https://opendatacommons.org/licenses/by/1-0/",
    "ODbL-1.0": "https://opendatacommons.org/licenses/odbl/1-0/",
    "OGL-Canada-2.0": "https://open.canada.ca/en/open-government-licence-canada",
    "OGL-UK-1.0": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/1/",
    "OGL-UK-2.0": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/2/",
    "OGL-UK-3.0": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
    "PDDL-1.0": "https://opendatacommons.org/licenses/pddl/1-0/",
    "etalab-2.0": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
}
"""All of them let a city publish what it was given."""

_ALSO = {
    "uk-ogl": "OGL-UK-3.0",
    "ogl": "OGL-UK-3.0",
    "open government licence": "OGL-UK-3.0",
    "open government licence v3.0": "OGL-UK-3.0",
    "open government licence 3.0": "OGL-UK-3.0",
    "uk open government licence (ogl)": "OGL-UK-3.0",
    "uk open government licence (ogl v3)": "OGL-UK-3.0",
    "reference.data.gov.uk/id/open-government-licence": "OGL-UK-3.0",
    "nationalarchives.gov.uk/doc/open-government-licence": "OGL-UK-3.0",
    "cc-by": "CC-BY-4.0",
    "cc-by-sa": "CC-BY-SA-4.0",
    "cc-zero": "CC0-1.0",
    "cc0": "CC0-1.0",
    "opendefinition.org/licenses/cc-by": "CC-BY-4.0",
    "opendefinition.org/licenses/cc-by-sa": "CC-BY-SA-4.0",
    "opendefinition.org/licenses/cc-zero": "CC0-1.0",
    "opendefinition.org/licenses/odc-odbl": "ODbL-1.0",
    "opendefinition.org/licenses/odc-by": "ODC-By-1.0",
    "opendefinition.org/licenses/odc-pddl": "PDDL-1.0",
    "odc-odbl": "ODbL-1.0",
    "odc-by": "ODC-By-1.0",
    "odc-pddl": "PDDL-1.0",
    "opendatacommons.org/licenses/odbl": "ODbL-1.0",
    "fr-lo": "etalab-2.0",
    "lov2": "etalab-2.0",
    "dl-de-by-2.0": "DL-DE-BY-2.0",
}
"""How else strangers name them: CKAN's ids, titles, addresses without a version."""


def _bare(said: str) -> str:
    text = re.sub(r"^https?://(www\.)?", "", said.strip().lower()).rstrip("/")
    return re.sub(r"/(deed|legalcode)(\.[a-z-]+)?$", "", text)


_BY_WORDS = {
    **_ALSO,
    **{name.lower(): name for name in LICENCES},
    **{_bare(url): name for name, url in LICENCES.items()},
}


def find_licence(said: str) -> str:
    """Return the SPDX name of a licence as anybody names it; "" if it is none of these."""
    text = _bare(said)
    if text in _BY_WORDS:
        return _BY_WORDS[text]
    # The EU's table writes them with low lines: .../authority/licence/CC_BY_4_0
    tail = text.rpartition("/authority/licence/")[2].replace("_", "-")
    return _BY_WORDS.get(re.sub(r"(\d)-(\d)$", r"\1.\2", tail), "")
