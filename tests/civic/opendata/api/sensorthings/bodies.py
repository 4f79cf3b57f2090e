"""Bodies as a client sends them."""

POINT = {"type": "Point", "coordinates": [-1.5, 53.8]}
LOCATION = {
    "name": "The yard",
    "description": "Behind the school",
    "encodingType": "application/geo+json",
    "location": POINT,
}
SENSOR = {
    "name": "DS18B20",
    "description": "A thermometer",
    "encodingType": "application/pdf",
    "metadata": "https://sensor.example/ds18b20.pdf",
}
PROPERTY = {
    "name": "Air temperature",
    "definition": "https://qudt.org/vocab/quantitykind/Temperature",
    "description": "How warm the air is",
}
OM = "http://www.opengis.net/def/observationType/OGC-OM/2.0/"
STREAM = {
    "name": "Warmth of the yard",
    "description": "Every minute",
    "observationType": f"{OM}OM_Measurement",
    "unitOfMeasurement": {"name": "degree", "symbol": "°C", "definition": "ucum:Cel"},
    "Sensor": SENSOR,
    "ObservedProperty": PROPERTY,
}
THING = {"name": "Weather box", "description": "A box", "properties": {"class": "4b"}}
WHOLE = {**THING, "Locations": [LOCATION], "Datastreams": [STREAM]}
FEATURE = {
    "name": "The air of the yard",
    "description": "At two metres",
    "encodingType": "application/geo+json",
    "feature": POINT,
}
AT = "2026-01-05T10:00:00Z"


def observation(result=8, at=AT, **more):
    """An observation as it is sent to a stream."""
    return {"phenomenonTime": at, "result": result, **more}
