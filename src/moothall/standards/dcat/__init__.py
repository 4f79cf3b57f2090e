"""What a catalogue says of datasets: DCAT 3 as DCAT-AP 3.0.1 has it, and DCAT-US for `data.json`.

One description (`model`) is written in each way: as JSON-LD, Turtle and RDF/XML (`graph`,
`writing`), and as the flat JSON that harvesters of open-government catalogues read (`pod`).
"""
