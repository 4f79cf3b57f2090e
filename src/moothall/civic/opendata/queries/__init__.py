"""Reads what is open: datasets, series, records, and the evidence behind them."""
