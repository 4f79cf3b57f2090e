"""OGC SensorThings API 1.1, part 1: what it speaks of, and the questions that may be asked of it.

Source:   https://docs.ogc.org/is/18-088/18-088.html
"""
