"""Where people are held back: deprivation by small area and by ward.

For residents, councillors and community groups who ask which neighbourhoods need most. Serves
Leicester's first aim (people better connected) and Leeds's 100% Digital Leeds, which looks for the
groups that gain most. Follows the English Indices of Deprivation 2025, on 2021 census areas.
"""
