"""Buildings: façades, roofs, shops, houses and tenements."""
