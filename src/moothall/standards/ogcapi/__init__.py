"""OGC API - Features: its words, its parameters and its reference systems.

Source:   OGC 17-069r4 (part 1), 18-058r1 (part 2), 19-079r2 (part 3); OGC 20-057 (tiles)
"""
