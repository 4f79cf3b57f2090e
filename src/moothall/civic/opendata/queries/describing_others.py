"""Datasets held elsewhere, as we describe them to other catalogues: whose they are comes first."""

from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.queries.harvested import Harvested
from moothall.standards.dcat.model import Agent, Distribution, Entry
from moothall.standards.dcat.words import form_of


def describe_elsewhere(one: Dataset, held: Harvested, root: str, *, provenance: str) -> Entry:
    """Describe one; `root` is the address of the site, without a slash at its end.

    Shape:   its page is its holder's, so that whoever follows us and them lists it once.
    """
    page = f"{root}{one.url}"
    return Entry(
        identifier=one.name,
        title=one.title,
        description=one.summary,
        page=page,
        held_at=held.landing_page or held.uri or page,
        publisher=Agent(name=held.holder),
        creators=(held.holder,),
        contact=Agent(
            name=held.contact_name or held.holder,
            web=held.contact_url or held.landing_page,
            email=held.contact_email,
        ),
        licences=one.licences or ((held.licence_said,) if held.licence_said else ()),
        licence_url=one.licence_url,
        attribution=one.attribution,
        provenance=provenance,
        sources=((f"{root}/data/feeds/{held.feed}/", held.catalogue),),
        derived_from=tuple(dict.fromkeys(filter(None, (held.uri, held.landing_page)))),
        documentation=(),
        theme=one.theme,
        keywords=one.keywords,
        box=one.spatial,
        place="",
        first_at=held.first_at,
        last_at=held.last_at,
        promise=one.promise,
        issued_at=one.issued_at,
        modified_at=one.modified_at,
        language=one.language,
        version="",
        rows=None,
        origins=tuple(sorted(origin.name.lower() for origin in one.origins)),
        distributions=tuple(
            Distribution(
                url=file.url,
                form=file.form,
                title=file.title or form_of(file.form).words or one.title,
                byte_size=file.size,
                is_page=file.is_page,
            )
            for file in held.files
        ),
    )
