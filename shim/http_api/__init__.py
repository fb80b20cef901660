"""The HTTP-API: one declaration of its operations, and a thin layer that calls the rules."""
