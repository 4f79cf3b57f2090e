"""A dataset as a form's reader found it, made fit to be listed: one way for every form."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from moothall.standards.catalogues import wording
from moothall.standards.catalogues.entry import File, Listed
from moothall.standards.licences import LICENCES, find_licence
from moothall.values.issues import Issues
from moothall.values.observations import Severity

Said = Mapping[str, Any]
"""What a form's reader found, by the names of `Listed`: each a text, a list, or what has a name."""
MOST_FILES = 500
LONGEST_TITLE = 300


class Drafts:
    """The datasets of one answer as they are read, and what is wrong with them."""

    def __init__(self, *, base: str = "") -> None:
        self.base = base
        self.issues = Issues()
        self._entries: dict[str, Listed] = {}

    @property
    def entries(self) -> tuple[Listed, ...]:
        """What can be listed, in the order it came."""
        return tuple(self._entries.values())

    def refuse(self, where: str, what: str | Exception, item: object = "") -> None:
        """Say that a dataset cannot be listed."""
        self.issues.note(where, what, item)

    def tell(self, where: str, what: str, item: object = "") -> None:
        """Say what is wrong with a dataset that is listed all the same."""
        self.issues.note(where, what, item, severity=Severity.INFO)

    def take(self, said: Said, *, where: str, item: object = "") -> None:
        """Take one dataset; one that nothing names is refused, and so is one listed before."""
        title = _line(wording.one(said.get("title")))
        page = self._address(said.get("landing_page"), where, "landing page")
        uri = self._address(said.get("uri"), "", "")
        identifier = wording.one(said.get("identifier")) or uri or page
        if not (identifier or title):
            self.refuse(where, "it has no identifier, no title and no page", item)
            return
        where = (identifier or title)[:200]
        if not identifier:
            identifier = f"title:{title.lower()}"
            self.tell(where, "it has no identifier: its title stands in for one")
        if not title:
            title = identifier
            self.tell(where, "it has no title: its identifier stands in for one", item)
        if identifier.casefold() in self._entries:
            self.refuse(where, "it is listed twice under one identifier: the first stands", title)
            return
        self._entries[identifier.casefold()] = self._made(
            said, where, identifier=identifier, title=title[:LONGEST_TITLE], page=page, uri=uri
        )

    def _made(
        self, said: Said, where: str, *, identifier: str, title: str, page: str, uri: str
    ) -> Listed:
        licence, told, url = self._licence(wording.every(said.get("licence")))
        first_at, last_at = (self._instant(said.get(n), where, n) for n in ("first", "last"))
        if first_at and last_at and last_at < first_at:
            self.tell(where, "what it covers ends before it begins")
            last_at = None
        contact = wording.one(said.get("contact_email"))
        mail = wording.email(contact)
        web = self._address(said.get("contact_url"), where, "contact")
        if contact and not mail:
            web = web or wording.address(contact)
            if not web:
                self.tell(where, "its contact is no e-mail address", contact)
        return Listed(
            identifier=identifier[:500],
            title=title,
            uri=uri,
            summary=wording.plain("\n\n".join(_texts(said.get("summary")))),
            publisher=_line(wording.one(said.get("publisher")))[:LONGEST_TITLE],
            contact_name=_line(wording.one(said.get("contact_name")))[:LONGEST_TITLE],
            contact_email=mail,
            contact_url=web,
            licence=licence,
            licence_said=told[:300],
            licence_url=url,
            themes=_codes(map(wording.theme, wording.every(said.get("themes")))),
            keywords=_codes(_line(w)[:100] for w in wording.every(said.get("keywords")))[:100],
            issued_at=self._instant(said.get("issued"), where, "issued"),
            modified_at=self._instant(said.get("modified"), where, "modified"),
            first_at=first_at,
            last_at=last_at,
            every=next(filter(None, map(wording.span, wording.every(said.get("every")))), None),
            landing_page=page,
            language=next(
                filter(None, map(wording.language, wording.every(said.get("language")))), ""
            ),
            box=next(filter(None, map(wording.box, _list(said.get("box")))), None),
            place=_line(wording.one(said.get("place")))[:LONGEST_TITLE],
            files=self._files(_list(said.get("files")), where),
        )

    def _files(self, files: list[Any], where: str) -> tuple[File, ...]:
        made: dict[str, File] = {}
        for one in files:
            told = wording.one(one.get("url")) or wording.one(one.get("page"))
            url = self._address(told, where, "file")
            if not url or url in made:
                continue
            form = wording.form(*map(wording.one, _list(one.get("form"))), url=url)
            made[url] = File(
                url=url,
                title=_line(wording.one(one.get("title")))[:LONGEST_TITLE],
                form=form,
                media_type=wording.one(one.get("media_type"))[:100]
                if "/" in wording.one(one.get("media_type"))
                else "",
                size=wording.size(one.get("size")),
                is_page=not wording.one(one.get("url")) or form == "html",
            )
        if len(made) > MOST_FILES:
            self.tell(where, f"it names {len(made):,} files: the first {MOST_FILES} are listed")
        return tuple(made.values())[:MOST_FILES]

    def _address(self, said: Any, where: str, what: str) -> str:
        text = wording.one(said)
        url = wording.address(text, base=self.base) if text else ""
        if text and not url and where:
            self.tell(where, f"the address of its {what} leads nowhere a person may be sent", text)
        return url

    def _instant(self, said: Any, where: str, what: str) -> datetime | None:
        text = wording.one(said)
        try:
            return wording.instant(text)
        except ValueError as fault:
            self.tell(where, f"{what}: {fault}", text)
            return None

    def _licence(self, said: Iterable[str]) -> tuple[str, str, str]:
        texts = tuple(said)
        known = next(filter(None, map(find_licence, texts)), "")
        web = next(filter(None, map(wording.address, texts)), "")
        words = next((one for one in texts if not wording.address(one)), web)
        return known, _line(words), LICENCES.get(known, web)


def _line(text: str) -> str:
    return " ".join(wording.plain(text).split())


def _texts(said: Any) -> list[str]:
    if isinstance(said, str):
        return [said]
    return list(wording.every(said))[:5]


def _codes(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))


def _list(said: Any) -> list[Any]:
    if said is None:
        return []
    return said if isinstance(said, list) else [said]
