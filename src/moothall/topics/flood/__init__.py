"""Floods: how high the rivers are and which warnings are in force.

For a resident deciding whether to move the car, and an officer deciding whether to call
the rota out. Serves the strategies' climate resilience themes. Environment Agency
real-time flood monitoring, and the levels of Check for flooding.
"""
