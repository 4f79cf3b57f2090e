"""Air: how clean it is now, by the United Kingdom's own index, and what that asks of people.

For someone with asthma deciding whether to run outside, a school, a clean air officer. Serves
the strategies' health and net zero themes. Daily Air Quality Index (Defra and COMEAP, 2013),
UK-AIR monitoring, Sensor.Community.
"""
