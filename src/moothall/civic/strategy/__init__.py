"""The city's strategy: what it set out to do, and what serves what.

For residents who ask what the council is working towards, and for officers who keep the plan
honest. Carries the whole of each founding city's strategy; its layers are named by the city's
pack, so that themes here and priorities there are read by the same code.
"""
