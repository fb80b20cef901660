"""HE-API, the way down to the meter: its contract, and the client that keeps to it."""
