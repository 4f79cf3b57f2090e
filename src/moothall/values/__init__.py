"""What travels through the house: plain frozen values. No framework, no input or output."""
