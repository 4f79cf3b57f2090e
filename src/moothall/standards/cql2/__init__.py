"""CQL2, the language of filters: its text and its JSON read, and tested of whole columns at once.

Source:   OGC 21-065r2
"""
