"""Energy: how much carbon the region's electricity carries now, and when it will carry least.

For someone choosing when to wash, charge or heat water, and for a council that times its own
loads. Serves the strategies' net zero themes. Carbon Intensity API, regional.
"""
