"""The list of datasets and feeds for programs."""

import orjson
from django.http import HttpRequest, HttpResponse

from moothall.civic.opendata.queries import datasets
from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.views.answers import ANYONE, answered
from moothall.civic.opendata.views.written import FORMS


@answered(machine=True)
def list_datasets(request: HttpRequest) -> HttpResponse:
    """List every open dataset with its files, and every open feed with how it is doing."""
    now = request.now  # type: ignore[attr-defined]
    root = request.build_absolute_uri("/").rstrip("/")
    body = {
        "city": datasets.city_name(),
        "feeds": [
            {
                "name": one.name,
                "title": one.feed.title,
                "state": datasets.feed_state(one),
                "words": one.words,
                "page": f"{root}/data/feeds/{one.name}/",
            }
            for one in datasets.list_open_feeds(now)
        ],
        "dataset": [_say(one, root) for one in datasets.list_datasets(now)],
    }
    answer = HttpResponse(orjson.dumps(body), content_type="application/json")
    answer["Access-Control-Allow-Origin"] = ANYONE
    return answer


def _say(one: Dataset, root: str) -> dict[str, object]:
    return {
        "identifier": one.name,
        "title": one.title,
        "description": one.summary,
        "publisher": one.publishers,
        "license": list(one.licences),
        "attribution": one.attribution,
        "accessLevel": "public",
        "rows": one.rows,
        "last_at": one.last_at.isoformat() if one.last_at else None,
        "origin": sorted(origin.name.lower() for origin in one.origins),
        "landingPage": f"{root}{one.url}",
        "distribution": [
            {
                "format": form,
                "mediaType": FORMS[form][0],
                "downloadURL": f"{root}/data/{one.name}.{form}",
            }
            for form in one.formats
        ],
    }
