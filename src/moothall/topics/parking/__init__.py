"""Car parks: where there is a space now, so that nobody drives in circles to find one.

For whom:  people who must drive, blue badge holders first; and whoever runs the streets.
Strategy:  smart parking, fewer circling cars, cleaner air.
Standards: DATEX II car park publications, and the CSV files that cities publish of occupancy.
"""
