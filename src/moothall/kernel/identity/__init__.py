"""Who a person is to the house, and what they may do: staff accounts, roles, sign-in."""
