"""Getting around: buses as they move, hire bikes, charge points, and counters of people cycling.

For whom:  anyone about to leave the house, and whoever plans the streets.
Strategy:  a connected, low-carbon city; fewer car journeys, cleaner air, streets people use.
Standards: GTFS and GTFS-Realtime, GBFS 2 and 3, the National Chargepoint Registry.
"""
