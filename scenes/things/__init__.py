"""Things that stand around, and the shapes they are made of."""
