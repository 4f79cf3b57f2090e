"""Catalogues of open data as strangers publish them: bytes in, their datasets out.

One reader for each form is named by it (`ckan`, `datapress`, `opendatasoft`, `pod`, `rdf`), and
`reading` tells them apart by the bytes. What is wrong with one dataset is an issue; the others are
read.
"""
