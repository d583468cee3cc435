"""Sun, sky and lamps."""
