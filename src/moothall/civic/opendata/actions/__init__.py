"""What is written of open data: officers add tables, publish them and withdraw them."""
