"""XML as strangers write it: nothing outside it is fetched, and nothing in it is expanded.

Source:   https://www.w3.org/TR/xml/
"""

from lxml import etree


def read_xml(body: bytes) -> etree._Element:
    """Read a whole document, its elements named without their namespaces.

    Shape:   without comments and instructions. Publishers disagree about namespaces, not about
             names.
    Errors:  ValueError if it is not XML, or declares a document type, which no message of facts
             needs.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as fault:
        raise ValueError(f"not readable XML: {fault}") from fault
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # absent from the stubs
        raise ValueError("the XML declares a document type, which no message of facts needs")
    for element in root.iter(etree.Element):
        if isinstance(element.tag, str) and element.tag.startswith("{"):
            element.tag = element.tag.rpartition("}")[2]
    return root
