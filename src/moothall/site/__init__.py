"""The running thing: settings, addresses, discovery, processes and commands."""
