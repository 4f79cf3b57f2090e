"""Questions in SQL from people we do not know, answered in a process that can do nothing else.

A question never meets a database of ours: a process of its own is given files to read and one
SELECT. It may open no other file, write none and reach no network; its memory, time and answer are
limited, and it is ended when any is used up.
"""
